#include "kernel/filter_maps.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "abi/config.h"
#include "abi/event.h"
#include "kernel/skeleton.h"

namespace tcptrail::kernel {
namespace {

using model::PortRange;

void mark_ports(tcptrail_bpf& object, const std::vector<PortRange>& ranges, std::uint8_t end) {
  if (ranges.empty()) return;
  object.rodata->config.by_port |= end;
  for (const PortRange& range : ranges) {
    for (std::uint32_t port = range.first; port <= range.last; ++port) {
      object.rodata_ports->wanted_ports[port] |= end;
    }
  }
}

Result<void> size_map(bpf_map* map, std::size_t entries) {
  const int error =
      bpf_map__set_max_entries(map, static_cast<std::uint32_t>(std::max<std::size_t>(entries, 1)));
  if (error == 0) return {};
  return fail(ErrorCode::kFailed, fmt::format("cannot size the map {} for {} values: {}", bpf_map__name(map),
                                              entries, std::strerror(-error)));
}

template <typename Key>
Result<void> insert(bpf_map* map, const Key& key) {
  const std::uint8_t present = 1;
  const int error = bpf_map__update_elem(map, &key, sizeof(key), &present, sizeof(present), BPF_ANY);
  if (error == 0) return {};
  return fail(ErrorCode::kFailed,
              fmt::format("cannot fill the filter map {}: {}", bpf_map__name(map), std::strerror(-error)));
}

template <typename Values, typename ToKey>
Result<void> fill(bpf_map* map, const Values& values, ToKey to_key) {
  for (const auto& value : values) {
    if (auto done = insert(map, to_key(value)); !done) return done;
  }
  return {};
}

tt_net_key key_of(const Cidr& net) {
  tt_net_key key{};
  key.family = net.address.is_v4() ? 4 : 6;
  key.prefix_len = 32U + net.prefix_len;
  std::memcpy(key.address, net.address.bytes().data(), sizeof(key.address));
  return key;
}

}  // namespace

Result<void> prepare_filter(tcptrail_bpf& object, const model::Filter& filter) {
  auto& config = object.rodata->config;
  config.by_pid = !filter.pids.empty();
  config.by_uid = !filter.uids.empty();
  config.by_netns = !filter.netns.empty();
  config.by_cgroup = !filter.cgroups.empty();
  config.by_net = !filter.remote_nets.empty();
  for (const model::Cgroup& cgroup : filter.cgroups)
    config.cgroup_depth = std::max(config.cgroup_depth, cgroup.depth);
  if (filter.family) config.family = *filter.family == model::Family::kIpv4 ? 4 : 6;
  mark_ports(object, filter.ports, TT_PORT_EITHER);
  mark_ports(object, filter.local_ports, TT_PORT_LOCAL);
  mark_ports(object, filter.remote_ports, TT_PORT_REMOTE);

  return size_map(object.maps.wanted_pids, filter.pids.size())
      .and_then([&] { return size_map(object.maps.wanted_uids, filter.uids.size()); })
      .and_then([&] { return size_map(object.maps.wanted_netns, filter.netns.size()); })
      .and_then([&] { return size_map(object.maps.wanted_cgroups, filter.cgroups.size()); })
      .and_then([&] { return size_map(object.maps.wanted_nets, filter.remote_nets.size()); });
}

Result<void> fill_filter(tcptrail_bpf& object, const model::Filter& filter) {
  const auto same = [](auto value) { return value; };
  return fill(object.maps.wanted_pids, filter.pids, same)
      .and_then([&] { return fill(object.maps.wanted_uids, filter.uids, same); })
      .and_then([&] { return fill(object.maps.wanted_netns, filter.netns, same); })
      .and_then([&] {
        return fill(object.maps.wanted_cgroups, filter.cgroups,
                    [](const model::Cgroup& cgroup) { return cgroup.id; });
      })
      .and_then([&] { return fill(object.maps.wanted_nets, filter.remote_nets, key_of); });
}

}  // namespace tcptrail::kernel
