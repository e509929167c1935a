// A child process that never outlives its owner, and what the kernel tells about it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tcptrail::bench {

struct Command {
  std::vector<std::string> arguments = {};    // [0] is the program's path
  std::vector<std::string> environment = {};  // NAME=VALUE, added to this process's own
  int standard_output = -1;                   // -1: /dev/null
  int standard_error = -1;                    // -1: this process's own
};

class Process {
 public:
  explicit Process(const Command& command);
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  [[nodiscard]] pid_t pid() const { return pid_; }
  // True once the process has ended; its status is kept.
  bool ended();
  // The wait status, or nothing if it still runs at the deadline.
  std::optional<int> wait_for(std::chrono::milliseconds limit);
  // Asks with SIGINT, which lets a tracer flush its output; insists after a bounded wait. Returns the wait
  // status.
  int stop();

 private:
  pid_t pid_ = -1;
  std::optional<int> status_;
};

// Thrown out of pause() and so out of any wait once SIGINT or SIGTERM arrived.
struct Interrupted {};
void catch_interrupts();
void pause(std::chrono::milliseconds duration);

// User and system time of all its threads so far, to the nanosecond (/proc/PID/stat has the same in ticks).
double cpu_seconds(pid_t pid);

struct Memory {
  std::uint64_t peak_rss_kib = 0;   // VmHWM
  std::uint64_t anonymous_kib = 0;  // RssAnon
};
Memory memory_of(pid_t pid);

std::string describe_status(int wait_status);

}  // namespace tcptrail::bench
