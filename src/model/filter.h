#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ip.h"
#include "model/event.h"

namespace tcptrail::model {

struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;  // inclusive
};

struct Cgroup {
  std::uint64_t id = 0;
  std::uint32_t depth = 0;  // the root is 0
};

// Which events are wanted. Within one list any value will do; an empty list asks for nothing; all
// lists must hold. An event that lacks what is asked for does not pass.
struct Filter {
  std::vector<std::uint32_t> pids, uids, netns;
  std::vector<Cgroup> cgroups;  // these and everything below them
  std::vector<PortRange> ports, local_ports, remote_ports;
  std::vector<Cidr> remote_nets;
  std::optional<Family> family;
  // What user space applies. fnmatch(3) patterns, but for containers.
  std::vector<std::string> comms, exes, ancestors, names;
  std::vector<std::string> containers;  // beginnings of an id or a name
};

}  // namespace tcptrail::model
