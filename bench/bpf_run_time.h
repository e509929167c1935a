// What BPF programs cost, by the kernel's own count (bpf_prog_info.run_time_ns).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace tcptrail::bench {

// While this lives the kernel counts run times. It is held by a descriptor (BPF_ENABLE_STATS), so
// kernel.bpf_stats_enabled keeps its value and even a killed bench leaves counting as it was.
class RunTimeCounting {
 public:
  RunTimeCounting();

 private:
  UniqueFd fd_;
};

// Of one program, since it was loaded, while counting was on.
struct RunTime {
  std::string program;
  std::uint64_t nanoseconds = 0;
  std::uint64_t runs = 0;
};

// Some loaded programs, held open so that their counts can be read.
class Programs {
 public:
  Programs() = default;
  explicit Programs(UniqueFd program) { programs_.push_back(std::move(program)); }
  // Those that a process holds, itself or through its links. Asking for the process's own, instead of all
  // that are new, keeps the programs of others out that come and go meanwhile.
  static Programs of_process(pid_t pid);

  [[nodiscard]] bool empty() const { return programs_.empty(); }
  // In an order that stays.
  [[nodiscard]] std::vector<RunTime> run_times() const;
  // Of all of them.
  [[nodiscard]] double nanoseconds() const;

 private:
  std::vector<UniqueFd> programs_;
};

// The floor: a program of two instructions on the tracepoint that every tracer here uses.
class EmptyProgram {
 public:
  EmptyProgram();
  [[nodiscard]] const Programs& programs() const { return programs_; }

 private:
  Programs programs_;
  UniqueFd attachment_;
};

// Memory that the process's BPF maps hold in the kernel, which no RSS shows.
std::uint64_t map_memory_kib(pid_t pid);

}  // namespace tcptrail::bench
