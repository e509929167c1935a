#include "kernel/kernel_report.h"

#include <linux/magic.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace tcptrail::kernel {
namespace {

constexpr const char* kSecurityfs = "/sys/kernel/security";
constexpr const char* kLockdown = "/sys/kernel/security/lockdown";

bool securityfs_is_mounted() {
  struct statfs status {};
  return ::statfs(kSecurityfs, &status) == 0 && status.f_type == SECURITYFS_MAGIC;
}

void report_lockdown(model::KernelReport& report) {
  std::ifstream file(kLockdown);
  std::string line;
  if (std::getline(file, line)) {
    report.lockdown = parse_lockdown(line);
    report.lockdown_unknown = "it reads: " + line;
  } else if (!securityfs_is_mounted()) {
    report.lockdown_unknown = "securityfs is not mounted on /sys/kernel/security";
  } else if (::access(kLockdown, F_OK) != 0 && errno == ENOENT) {
    report.lockdown = "none";  // this kernel cannot be locked down
  } else {
    report.lockdown_unknown = std::strerror(errno);
  }
}

}  // namespace

std::optional<std::string> parse_lockdown(std::string_view shown) {
  const auto open = shown.find('[');
  const auto close = shown.find(']', open);
  if (open == std::string_view::npos || close == std::string_view::npos) return std::nullopt;
  return std::string(shown.substr(open + 1, close - open - 1));
}

model::KernelReport report_kernel(const Features& features) {
  model::KernelReport report;
  utsname name{};
  ::uname(&name);
  report.release = name.release;
  report.machine = name.machine;
  report_lockdown(report);
  report.btf = features.btf;
  report.missing_capabilities = features.missing_capabilities;
  if (!features.btf || !features.missing_capabilities.empty()) return report;
  report.tracefs = features.tracefs;
  report.trampolines = features.trampolines;
  report.kprobes = features.kprobes;
  report.modern = features.modern;
  report.allocating = features.allocating;
  report.preemptible = features.preemptible;
  return report;
}

}  // namespace tcptrail::kernel
