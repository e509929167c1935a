// What the kernel or the privileges don't allow: exit code 3, and a message that names what is missing.

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include "support/kernel_test.h"

namespace tcptrail::test {
namespace {

using RefusalsTest = KernelTest;

void expect_named(const Outcome& outcome, const std::string& what) {
  EXPECT_NE(outcome.errors.find(what), std::string::npos) << "stderr does not name " << what << "\n"
                                                          << outcome.report();
}

void leave_the_mounts_of_the_host() {
  check(::unshare(CLONE_NEWNS), "unshare(CLONE_NEWNS)");
  check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "making mounts private");
}

TEST_F(RefusalsTest, WithoutPrivileges) {
  Tracer tracer({.arguments = {"-o", "json"}, .prepare = become_nobody, .by_descriptor = true});
  const auto outcome = tracer.wait_exit();
  EXPECT_EQ(outcome.exit_code, 3) << outcome.report();
  expect_named(outcome, "CAP_BPF");
  expect_named(outcome, "CAP_PERFMON");
  EXPECT_EQ(outcome.output, "") << outcome.report();
}

TEST_F(RefusalsTest, WithoutBtf) {
  TCPTRAIL_REQUIRE(lacks_mount_namespace());
  Tracer tracer({.arguments = {"-o", "json"}, .prepare = [] {
                   leave_the_mounts_of_the_host();
                   check(::mount("none", "/sys/kernel/btf", "tmpfs", 0, nullptr), "covering /sys/kernel/btf");
                 }});
  const auto outcome = tracer.wait_exit();
  EXPECT_EQ(outcome.exit_code, 3) << outcome.report();
  expect_named(outcome, "CONFIG_DEBUG_INFO_BTF");
  EXPECT_EQ(outcome.output, "") << outcome.report();
}

// No route, because that one needs the hook on the system call and not only the state machine.
TEST_F(RefusalsTest, WorksWithoutTracefs) {
  TCPTRAIL_REQUIRE(lacks_mount_namespace());
  const Shared<SocketFact> fact;
  Tracer tracer(
      {.arguments = {"-o", "json", "--netns", ns().inode_text(), "-e", socket_events()}, .prepare = [] {
         leave_the_mounts_of_the_host();
         for (const char* point : {"/sys/kernel/debug/tracing", "/sys/kernel/debug", "/sys/kernel/tracing"}) {
           while (::umount2(point, MNT_DETACH) == 0) {
           }
         }
       }});
  tracer.wait_ready();
  ns().spawn([&] {
        const UniqueFd socket = tcp_socket(AF_INET);
        *fact = fact_of(socket.get(), {"192.0.2.1", 80});
        demand_connect(socket.get(), fact->remote, ENETUNREACH);
      })
      .join();
  EXPECT_TRUE(exactly(tracer.stop(), {failed("c", *fact, "unreachable", "ENETUNREACH")}));
}

}  // namespace
}  // namespace tcptrail::test
