#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "enrich/proc_reader.h"
#include "model/news.h"

namespace tcptrail::enrich {

// On hosts with cgroup v1, where events carry no id of it: the container that each process is in. From /proc
// at start; then by what the kernel tells: a child is where its parent is, and whoever is moved is where he
// was moved to. So a process that is gone is still known. Only processes in containers are kept. Bounded. One
// thread.
class JoinedCgroups {
 public:
  // The one that was learnt, or ended, first gives way.
  static constexpr std::size_t kMost = 65'536, kMostEnded = 16'384;

  struct Place {
    std::uint32_t hierarchy = 0;
    std::shared_ptr<const std::string> path;
    std::shared_ptr<const model::Container> container;
  };

  explicit JoinedCgroups(ProcReader reader = ProcReader(), std::size_t most = kMost,
                         std::size_t most_ended = kMostEnded);
  // Of a text of /proc/PID/cgroup: the first of its lines that names a container, v2's before others.
  static std::optional<Place> place_in(std::string_view text);

  // Reads all of /proc, if this host has hierarchies of v1 at all.
  void seed();
  void learn(const model::Forked& news);
  void learn(const model::Exited& news);
  void learn(const model::CgroupJoined& news);
  // Null where it is in no container, or not known.
  const Place* find(std::uint32_t pid, model::StartMark mark) const;
  std::size_t size() const { return places_.size(); }

 private:
  struct Process {
    std::uint32_t pid;
    model::StartMark mark;
    bool operator==(const Process&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Process& process) const {
      return std::hash<std::uint64_t>()(std::uint64_t{process.pid} << 32U | process.mark);
    }
  };
  using Order = std::list<Process>;
  struct Row {
    Place place;
    Order::iterator at;
    bool ended = false;
  };
  void put(Process process, Place place);
  void drop_first(Order& order);

  ProcReader reader_;
  std::size_t most_, most_ended_;
  std::unordered_map<Process, Row, Hash> places_;
  Order live_, ended_;  // in the order in which they were learnt, and ended
  // From /proc, where the start is cut to a tick; until the process has forked, been moved or asked for by
  // its mark.
  std::unordered_map<std::uint32_t, std::pair<model::BootNs, Place>> seeded_;
};

}  // namespace tcptrail::enrich
