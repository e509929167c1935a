#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/comm.h"

// Who a process is. Its texts are its own choice: any bytes. What is not known is nullopt, null or empty.
namespace tcptrail::model {

// Nanoseconds since the boot, with the time of suspends: CLOCK_BOOTTIME.
using BootNs = std::uint64_t;

// What events carry of a process's start: enough to tell two of one id apart. Units of 2^20 ns; wraps
// after 4.9 hours.
using StartMark = std::uint32_t;
constexpr StartMark kStartMarks = 1U << 24U;
constexpr StartMark start_mark(BootNs start) { return static_cast<StartMark>(start >> 20U) % kStartMarks; }

// How often a process, and those that it descends from, have executed a program: what it runs changes with
// it. Wraps.
using Execs = std::uint8_t;

// What was executed, and how.
constexpr std::size_t kMostArguments = 128;  // of which each takes memory, however short it is
struct Program {
  std::string exe;           // path, as seen from the process's root
  bool exe_deleted = false;  // the file had no name any more
  bool exe_memfd = false;    // it never had one
  std::vector<std::string> args;
  bool args_truncated = false;  // there were more
  std::string cwd;              // when it was executed
};

constexpr std::size_t kMostAncestorExe = 512;  // as each event has a whole chain of them
// A process and those before it, as each was when it forked the next: nearest first. Never changed once made.
struct Ancestor {
  std::uint32_t pid = 0;
  Comm comm;
  std::string exe;  // the end of it where it is long: kMostAncestorExe
  std::shared_ptr<const Ancestor> parent;
  std::uint32_t depth = 1;  // of the chain that starts here
};

struct Container {
  std::string id;
  std::string runtime;  // docker, containerd, crio, podman, systemd-nspawn, lxc, libvirt, …
  std::string name;     // where the runtime puts it into the path
  std::string pod_uid;  // Kubernetes
};

// A process as it was at one moment.
struct Process {
  std::optional<std::uint32_t> ppid;
  UnixNs start = 0;
  std::optional<std::uint32_t> ns_pid;   // where it differs from the pid
  std::optional<std::uint32_t> session;  // pid of the session leader
  std::optional<std::uint32_t> loginuid;
  std::shared_ptr<const Program> program;
  std::shared_ptr<const Ancestor> ancestors;
};

}  // namespace tcptrail::model
