#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/comm.h"
#include "model/process.h"

namespace tcptrail::enrich {

// What /proc says of a process. Its start is exact to a tick only: it lies in [start, start + kTick).
struct ProcEntry {
  std::uint32_t pid = 0;
  model::BootNs start = 0;
  std::uint32_t parent_pid = 0;  // 0: none
  std::optional<std::uint32_t> ns_pid, session, loginuid;
  model::Comm comm;
  std::shared_ptr<const model::Program> program;  // null: a thread of the kernel
};

// Whether a process that /proc shows to begin at `start` may be the one with this mark.
bool may_be_of(model::BootNs start, model::StartMark mark);

// Reads /proc, or a folder like it. Nothing in there is trusted; each file is read up to a bound. One thread.
class ProcReader {
 public:
  explicit ProcReader(std::string root = "/proc") : root_(std::move(root)) {}

  std::vector<std::uint32_t> pids() const;
  // Nothing if there is none, or it ended meanwhile: what is told is all of one process.
  std::optional<ProcEntry> read(std::uint32_t pid) const;
  // Only the time when it began.
  std::optional<model::BootNs> start_of(std::uint32_t pid) const;
  // The content of /proc/PID/NAME, at most so many bytes of it; empty where it cannot be read.
  std::string file(std::uint32_t pid, std::string_view name, std::size_t most) const;

 private:
  struct Stat;
  std::optional<Stat> stat(std::uint32_t pid) const;
  std::string path(std::uint32_t pid, std::string_view name) const;
  std::string link(std::uint32_t pid, std::string_view name) const;
  std::shared_ptr<const model::Program> program(std::uint32_t pid) const;

  std::string root_;
};

}  // namespace tcptrail::enrich
