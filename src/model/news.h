#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/comm.h"
#include "model/process.h"

// What the kernel tells besides events, for who wants to know who is who. In one order with the events.
namespace tcptrail::model {

struct ProcessState {
  std::uint32_t pid = 0;         // initial pid namespace
  BootNs start = 0;              // pid and start name the process
  std::uint32_t parent_pid = 0;  // 0: none
  StartMark parent_mark = 0;
  Execs execs = 0;
  std::optional<std::uint32_t> ns_pid;  // where it differs from the pid
  std::optional<std::uint32_t> session;
  std::optional<std::uint32_t> loginuid;
  std::uint64_t cgroup_id = 0;
  Comm comm;
  UnixNs time = 0;  // when this was so
};

struct Forked {  // of the child; it runs what its parent runs
  ProcessState process;
};
struct Execed {
  ProcessState process;
  std::shared_ptr<const Program> program;
};
struct Exited {  // its last thread has ended
  ProcessState process;
};
struct CgroupMade {
  std::uint64_t id = 0;
  std::string path;  // from the root of the hierarchy, "/a/b"
};
struct CgroupJoined {  // by a process that was moved, in a hierarchy of cgroup v1
  std::uint32_t pid = 0;
  StartMark mark = 0;
  std::uint32_t hierarchy = 0;  // the first number in a line of /proc/PID/cgroup
  std::string path;
};
struct DnsAnswer {
  std::uint32_t netns = 0;  // of who received it
  UnixNs time = 0;
  std::vector<std::uint8_t> message;  // as it was received: not to be trusted
};
struct NewsLost {  // some of the above, at some time before this
  std::uint64_t count = 0;
};

using News = std::variant<Forked, Execed, Exited, CgroupMade, CgroupJoined, DnsAnswer, NewsLost>;

}  // namespace tcptrail::model
