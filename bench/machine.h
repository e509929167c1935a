// The machine underneath: what it is, and the little that is arranged on it, visible to this run alone.
#pragma once

#include <filesystem>
#include <string>

namespace tcptrail::bench {

// Kernel, cores and CPU model, in one line.
std::string describe_machine();

// True if someone has run time counting on for good (kernel.bpf_stats_enabled): all rates then carry its
// cost.
bool counting_is_always_on();

// libbpf-tools find tracepoints through tracefs. Where it is not mounted, mounts it in a mount namespace of
// this process and its children, so that the machine's own view stays as it is.
void provide_tracefs();

// A directory that is gone at the end.
class ScratchDirectory {
 public:
  explicit ScratchDirectory(const std::filesystem::path& parent);
  ~ScratchDirectory();
  ScratchDirectory(ScratchDirectory&&) = delete;
  ScratchDirectory& operator=(ScratchDirectory&&) = delete;
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace tcptrail::bench
