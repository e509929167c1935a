#include "kernel/features.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "base/unique_fd.h"

namespace tcptrail::kernel {
namespace {

constexpr const char* kBtfPath = "/sys/kernel/btf/vmlinux";
constexpr const char* kKprobePath = "/sys/bus/event_source/devices/kprobe/type";
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

bpf_insn instruction(int code, int to, int from, int offset, int value) {
  bpf_insn made{};
  made.code = static_cast<__u8>(code);
  made.dst_reg = static_cast<__u8>(to) & 0xf;
  made.src_reg = static_cast<__u8>(from) & 0xf;
  made.off = static_cast<__s16>(offset);
  made.imm = value;
  return made;
}

template <std::size_t kCount>
int try_load(bpf_prog_type type, const std::array<bpf_insn, kCount>& program,
             bpf_prog_load_opts* options = nullptr) {
  const int fd = bpf_prog_load(type, "feature", "GPL", program.data(), kCount, options);
  return fd >= 0 ? (::close(fd), 0) : errno;
}

const bpf_insn kExit = instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);

// Where they are allowed, a function that cannot exist is an invalid argument; where not, nobody looks at it.
bool allows_trampolines() {
  const std::array program = {instruction(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0), kExit};
  bpf_prog_load_opts options{};
  options.sz = sizeof(options);
  options.expected_attach_type = BPF_TRACE_FENTRY;
  options.attach_btf_id = 1;
  return try_load(BPF_PROG_TYPE_TRACING, program, &options) != EPERM;
}

// Compare and exchange, and the youngest of the helpers in bpf/lib/compat.h.
bool has_modern_helpers() {
  constexpr int kCompareAndExchange = 0xf1;  // BPF_CMPXCHG
  constexpr int kAtomic = 0xc0;              // BPF_ATOMIC
  const std::array program = {
      instruction(BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, -8, 0),
      instruction(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0),
      instruction(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_1, 0, 0, 0),
      instruction(BPF_STX | kAtomic | BPF_DW, BPF_REG_10, BPF_REG_1, -8, kCompareAndExchange),
      instruction(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_current_task_btf),
      instruction(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_0, 0, 0),
      instruction(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_task_pt_regs),
      instruction(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0),
      kExit,
  };
  return try_load(BPF_PROG_TYPE_TRACEPOINT, program) == 0;
}

// Before 6.1 (89dc8d0c38e0) the kernel complains loudly of such maps. Another map came with that version.
bool may_allocate() {
  constexpr auto kUserRingBuffer = static_cast<bpf_map_type>(31);  // BPF_MAP_TYPE_USER_RINGBUF
  const auto page = static_cast<__u32>(::sysconf(_SC_PAGESIZE));
  return static_cast<bool>(UniqueFd(bpf_map_create(kUserRingBuffer, "feature", 0, 0, page, nullptr)));
}

// By the version, as nothing else tells: it came with Linux 7.0.
bool preempts_tracepoints() {
  utsname name{};
  return ::uname(&name) == 0 && std::strtol(name.release, nullptr, 10) >= 7;
}

void take_away(Features& features, std::string_view names) {
  const std::array<std::pair<std::string_view, bool*>, 7> all = {{{"btf", &features.btf},
                                                                  {"tracefs", &features.tracefs},
                                                                  {"trampolines", &features.trampolines},
                                                                  {"kprobes", &features.kprobes},
                                                                  {"modern", &features.modern},
                                                                  {"allocating", &features.allocating},
                                                                  {"preemptible", &features.preemptible}}};
  for (const std::string_view name : split(names, ',')) {
    for (const auto& [its_name, flag] : all) *flag = *flag && name != its_name;
  }
}

}  // namespace

Features probe_features(std::vector<std::string>& notices) {
  Features features;
  features.missing_capabilities = missing_capabilities();
  features.btf = readable(kBtfPath);
  if (features.btf && features.missing_capabilities.empty()) {
    features.tracefs = provide_tracefs(notices);
    features.trampolines = allows_trampolines();
    features.kprobes = readable(kKprobePath);
    features.modern = has_modern_helpers();
    features.allocating = may_allocate();
    features.preemptible = preempts_tracepoints();
  }
  if (const char* const without = std::getenv("TCPTRAIL_WITHOUT")) take_away(features, without);
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
