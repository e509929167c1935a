#include "support/tracer_maps.h"

#include <bpf/bpf.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <type_traits>

#include "abi/config.h"
#include "bpf/logic/tcp.h"

namespace tcptrail::test {
namespace {

constexpr const char* kSlots = "tracked";
constexpr const char* kOverflow = "tracked_overflo";
constexpr const char* kListeners = "listeners";
constexpr const char* kCalls = "calls";
constexpr const char* kControl = "tcptrail.bss";

bpf_map_info info_of(const UniqueFd& map) {
  bpf_map_info info{};
  std::uint32_t length = sizeof info;
  check(::bpf_obj_get_info_by_fd(map.get(), &info, &length), "a map's description");
  return info;
}

std::map<std::string, UniqueFd> maps_of(pid_t pid) {
  std::map<std::string, UniqueFd> maps;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fdinfo")) {
    std::ifstream lines(entry.path());
    for (std::string line; std::getline(lines, line);) {
      unsigned id = 0;
      std::string name;
      if (!(std::istringstream(line) >> name >> id) || name != "map_id:") continue;
      UniqueFd map(check(::bpf_map_get_fd_by_id(id), "a map by its id"));
      const std::string its_name = info_of(map).name;
      maps[its_name] = std::move(map);
    }
  }
  return maps;
}

// Calls visit(key, value) for each entry of a map of these types.
template <typename Key, typename Value, typename Visit>
void for_each(const UniqueFd& map, Visit visit) {
  const bpf_map_info info = info_of(map);
  if (info.key_size != sizeof(Key) || info.value_size != sizeof(Value))
    throw std::runtime_error(std::string("the tests know another layout of the map ") + info.name);
  Key key{};
  Value value{};
  int more = ::bpf_map_get_next_key(map.get(), nullptr, &key);
  while (more == 0) {
    // It may have gone meanwhile.
    if (::bpf_map_lookup_elem(map.get(), &key, &value) == 0) visit(key, value);
    const Key last = key;
    more = ::bpf_map_get_next_key(map.get(), &last, &key);
  }
}

template <typename Visit>
void for_each_slot(const UniqueFd& map, Visit visit) {
  for_each<std::uint32_t, slot>(map, [&](std::uint32_t, const slot& found) { visit(found); });
}

template <typename Visit>
void for_each_overflowed(const UniqueFd& map, Visit visit) {
  for_each<std::uint64_t, tracked>(map, [&](std::uint64_t, const tracked& found) { visit(found); });
}

std::string differ(const char* what, std::int64_t counter, std::int64_t counted) {
  if (counter == counted) return {};
  return std::string(what) + ": " + std::to_string(counter) + ", but there are " + std::to_string(counted) +
         "\n";
}

}  // namespace

TracerMaps::TracerMaps(pid_t tracer) : maps_(maps_of(tracer)) {
  for (const char* name : {kSlots, kOverflow, kListeners, kCalls, kControl}) map(name);
}

const UniqueFd& TracerMaps::map(const std::string& name) const {
  const auto found = maps_.find(name);
  if (found == maps_.end()) throw std::runtime_error("the tracer has no map " + name);
  return found->second;
}

std::size_t TracerMaps::sockets_of(std::uint64_t netns) const {
  std::size_t count = 0;
  for_each_slot(map(kSlots), [&](const slot& one) { count += one.t.sk != 0 && one.t.conn.netns == netns; });
  for_each_overflowed(map(kOverflow), [&](const tracked& one) { count += one.conn.netns == netns; });
  return count;
}

std::size_t TracerMaps::listeners_of(std::uint64_t netns) const {
  std::size_t count = 0;
  for_each<listener_key, listener>(
      map(kListeners), [&](const listener_key& key, const listener&) { count += key.netns == netns; });
  return count;
}

std::size_t TracerMaps::calls_of_the_dead() const {
  std::size_t count = 0;
  for_each<call_key, call_args>(map(kCalls), [&](const call_key& key, const call_args&) {
    count += ::access(("/proc/" + std::to_string(key.tid)).c_str(), F_OK) != 0;
  });
  return count;
}

std::string TracerMaps::miscounts() const {
  std::int64_t lingering = 0;
  std::int64_t claimed_overflow = 0;
  std::int64_t overflowed = 0;
  const auto lingers = [](const tracked& one) { return tt_lingers(static_cast<tt_phase>(one.phase)); };
  bool has_slots = false;
  for_each_slot(map(kSlots), [&](const slot& one) {
    has_slots = has_slots || one.t.sk != 0 || one.overflowed != 0;
    lingering += one.t.sk != 0 && lingers(one.t);
    claimed_overflow += one.overflowed;
  });
  for_each_overflowed(map(kOverflow), [&](const tracked& one) {
    lingering += lingers(one);
    ++overflowed;
  });
  tt_control control{};
  const std::uint32_t first = 0;
  if (info_of(map(kControl)).value_size != sizeof control)
    throw std::runtime_error("the tests know another layout of the programs' variables");
  check(::bpf_map_lookup_elem(map(kControl).get(), &first, &control), "the programs' variables");
  // The object for older kernels uses no slots.
  return differ("control.lingering", control.lingering, lingering) +
         (has_slots ? differ("sockets that slots send to tracked_overflow", claimed_overflow, overflowed)
                    : "");
}

std::optional<TracerMaps::Memory> TracerMaps::memory_of(std::uint64_t netns, std::uint16_t local_port) const {
  std::optional<Memory> memory;
  const auto is_it = [&](const tracked& one) {
    return one.sk != 0 && one.conn.netns == netns && one.conn.local_port == local_port;
  };
  for_each<std::uint32_t, slot>(map(kSlots), [&](std::uint32_t index, const slot& found) {
    if (is_it(found.t)) memory = Memory{index, found.t};
  });
  for_each_overflowed(map(kOverflow), [&](const tracked& found) {
    if (is_it(found)) memory = Memory{std::nullopt, found};
  });
  return memory;
}

bool TracerMaps::put_back(const Memory& memory) const {
  if (!memory.slot)
    return ::bpf_map_update_elem(map(kOverflow).get(), &memory.socket.sk, &memory.socket, BPF_NOEXIST) == 0;
  slot place{};
  check(::bpf_map_lookup_elem(map(kSlots).get(), &*memory.slot, &place), "a slot");
  if (place.t.sk != 0) return false;
  place.t = memory.socket;
  check(::bpf_map_update_elem(map(kSlots).get(), &*memory.slot, &place, BPF_ANY), "a slot");
  return true;
}

}  // namespace tcptrail::test
