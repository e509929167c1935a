#include "kernel/features.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/capability.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace tcptrail::kernel {
namespace {

constexpr const char* kBtfPath = "/sys/kernel/btf/vmlinux";
constexpr const char* kTracefsPath = "/sys/kernel/tracing";
// libbpf looks in the second place first, if debugfs is mounted.
constexpr std::array<const char*, 2> kTracefsProbes = {"/sys/kernel/tracing/events/syscalls",
                                                       "/sys/kernel/debug/tracing/events/syscalls"};

// By the effective capabilities, unlike access().
bool readable(const char* path) { return ::faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0; }

bool tracefs_readable() { return readable(kTracefsProbes[0]) || readable(kTracefsProbes[1]); }

bool tracefs_forbidden() { return !readable(kTracefsProbes[0]) && errno == EACCES; }

// Mounts it where it is missing, and tells what was done.
bool provide_tracefs(std::vector<std::string>& notices) {
  if (tracefs_readable()) return true;
  if (tracefs_forbidden()) {
    notices.push_back(
        fmt::format("{} may not be read: this process needs CAP_DAC_READ_SEARCH too", kTracefsPath));
    return false;
  }
  if (::mount("tracefs", kTracefsPath, "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0) {
    notices.push_back(fmt::format("mounted tracefs on {}, where the tracepoints are found", kTracefsPath));
    return tracefs_readable();
  }
  notices.push_back(fmt::format("tracefs is not mounted, and mounting it on {} failed: {}", kTracefsPath,
                                std::strerror(errno)));
  return false;
}

std::vector<std::string> missing_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> data{};
  if (syscall(SYS_capget, &header, data.data()) != 0) return {};
  const auto has = [&](unsigned capability) {
    return (data.at(capability / 32).effective >> (capability % 32) & 1U) != 0;
  };
  if (has(CAP_SYS_ADMIN)) return {};  // which includes both
  std::vector<std::string> missing;
  if (!has(CAP_BPF)) missing.emplace_back("CAP_BPF");
  if (!has(CAP_PERFMON)) missing.emplace_back("CAP_PERFMON");
  return missing;
}

}  // namespace

Features probe_features(std::vector<std::string>& notices) {
  Features features;
  features.missing_capabilities = missing_capabilities();
  features.btf = readable(kBtfPath);
  const bool usable = features.btf && features.missing_capabilities.empty();
  features.tracefs = usable && provide_tracefs(notices);
  return features;
}

Result<void> check_features(const Features& features) {
  if (!features.missing_capabilities.empty()) {
    return fail(ErrorCode::kDenied,
                fmt::format("tracing needs CAP_BPF and CAP_PERFMON; this process lacks {}. Run it as root "
                            "(sudo tcptrail), or give the capabilities to it (setpriv, systemd's "
                            "AmbientCapabilities=).",
                            fmt::join(features.missing_capabilities, " and ")));
  }
  if (!features.btf) {
    return fail(
        ErrorCode::kDenied,
        fmt::format("{} is not there: this kernel carries no BTF, the description of its types that the "
                    "programs are fitted to. Boot a kernel built with CONFIG_DEBUG_INFO_BTF=y (Debian's and "
                    "other distributions' kernels since 2020 are), or mount sysfs on /sys.",
                    kBtfPath));
  }
  return {};
}

}  // namespace tcptrail::kernel
