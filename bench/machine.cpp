#include "machine.h"

#include <fmt/core.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/utsname.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "check.h"

namespace tcptrail::bench {
namespace {

constexpr const char* kTracefs = "/sys/kernel/tracing";

std::string cpu_model() {
  std::ifstream cpus("/proc/cpuinfo");
  for (std::string line; std::getline(cpus, line);) {
    if (!line.starts_with("model name")) continue;
    const auto colon = line.find(": ");
    if (colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown CPU";
}

bool has_events(const std::filesystem::path& tracing) {
  std::error_code ignored;
  return std::filesystem::exists(tracing / "events" / "sock", ignored);
}

}  // namespace

std::string describe_machine() {
  utsname names{};
  ::uname(&names);
  return fmt::format("Linux {} {}, {} cores, {}", names.release, names.machine,
                     std::thread::hardware_concurrency(), cpu_model());
}

bool counting_is_always_on() {
  int value = 0;
  std::ifstream("/proc/sys/kernel/bpf_stats_enabled") >> value;
  return value != 0;
}

void provide_tracefs() {
  if (has_events(kTracefs) || has_events("/sys/kernel/debug/tracing")) return;
  check(::unshare(CLONE_NEWNS), "making a mount namespace");
  check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "making mounts private");
  check(::mount("tracefs", kTracefs, "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr),
        "mounting tracefs");
}

ScratchDirectory::ScratchDirectory(const std::filesystem::path& parent) {
  std::string pattern = parent / "tcptrail-bench-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) check(-1, pattern);
  path_ = pattern;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace tcptrail::bench
