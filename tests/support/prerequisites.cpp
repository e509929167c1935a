#include "support/prerequisites.h"

#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <string_view>

#include "support/cgroup.h"
#include "support/compat32.h"
#include "support/family.h"
#include "support/net_namespace.h"
#include "support/process.h"
#include "support/sockets.h"
#include "support/tracer.h"
#include "support/uring.h"

namespace tcptrail::test {
namespace {

// Tries it for real and words the failure.
template <typename Trial>
std::string lacking(const std::string& what, Trial trial) {
  try {
    trial();
  } catch (const std::exception& error) {
    return what + ": " + error.what();
  }
  return {};
}

}  // namespace

std::string lacks_tracing() {
  if (const std::string program = program_under_test(); ::access(program.c_str(), X_OK) != 0) {
    throw std::runtime_error("the program under test cannot be executed: " + program);
  }
  if (::geteuid() != 0) return "tracing needs root";
  if (::access("/sys/kernel/btf/vmlinux", R_OK) != 0) return "this kernel has no BTF";
  return lacking("network namespaces", [] { const TestNamespace trial; });
}

std::string lacks_cgroup() {
  if (!unified_cgroup_mount()) return "there is no cgroup v2, nor can it be mounted";
  return lacking("a cgroup of the test's own", [] { const TestCgroup trial; });
}

std::string lacks_cgroup_programs() {
  if (std::string why = lacks_cgroup(); !why.empty()) return why;
  return lacking("cgroup programs", [] {
    const TestCgroup cgroup;
    const ConnectDenial trial(cgroup);
  });
}

std::string lacks_mptcp() {
  return lacking("MPTCP", [] {
    const TestNamespace trial;
    trial.run([] { tcp_socket(AF_INET, 0, kMptcp); });
  });
}

std::string lacks_mount_namespace() {
  return lacking("mount namespaces",
                 [] { spawn([] { check(::unshare(CLONE_NEWNS), "unshare(CLONE_NEWNS)"); }).join(); });
}

std::string lacks_ipv6() {
  return lacking("IPv6", [] {
    const TestNamespace trial;
    trial.run([] { bound_socket(SockAddr("::1", 0)); });
  });
}

std::string lacks_io_uring() {
  return lacking("io_uring", [] {
    const Ring trial(RingMode::kInline);
    const Ring polled(RingMode::kPolled);
  });
}

std::string lacks_multishot_accept() {
  return lacking("multishot accept", [] {
    const TestNamespace trial;
    trial.run([] {
      const UniqueFd listener = listen_at({"127.0.0.1", 0});
      const UniqueFd client = connect_to(SockAddr::local_of(listener.get()));
      Ring(RingMode::kInline).accept_multishot(listener.get());
    });
  });
}

std::string lacks_32_bit_programs() {
  if (std::string why = lacks_compat32_program(); !why.empty()) return why;
  return lacking("32-bit programs",
                 [] { spawn([] { become_compat32(Compat32::kNothing, Pipe::make().read_end); }).join(); });
}

std::string lacks_rejects() {
  return sees_rejects() ? std::string() : "no hook of this family tells of rejects on this kernel";
}

bool skips_are_failures() {
  const char* ci = std::getenv("CI");
  return ci != nullptr && std::string_view(ci) == "true";
}

}  // namespace tcptrail::test
