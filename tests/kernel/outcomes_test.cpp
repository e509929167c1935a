// How an outbound attempt ends without being established, one case each.

#include <chrono>

#include "support/cgroup.h"
#include "support/exchange.h"
#include "support/kernel_test.h"
#include "support/no_port_left.h"
#include "support/silent_peer.h"

namespace tcptrail::test {
namespace {

using OutcomesTest = KernelTest;

struct TimedFact {
  SocketFact socket;
  std::int64_t took_us = 0;
};

// A blocking connect() that must fail with `wanted_errno`.
void fail_to_connect(TimedFact& fact, int socket, const SockAddr& target, int wanted_errno) {
  fact.socket = fact_of(socket, target);
  const auto start = std::chrono::steady_clock::now();
  demand_connect(socket, target, wanted_errno);
  fact.took_us =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start).count();
}

TEST_F(OutcomesTest, RefusedOverIpv4) {
  const Shared<TimedFact> fact;
  const auto outcome = trace_process([&] {
    const UniqueFd socket = bound_socket({"127.0.0.1", 0});
    fail_to_connect(*fact, socket.get(), {"127.0.0.1", kClosedPort}, ECONNREFUSED);
  });
  EXPECT_TRUE(exactly(
      outcome,
      {
          attempt("c", fact->socket),
          rejected(fact->socket),
          failed("c", fact->socket, "refused", "ECONNREFUSED").between("latency_us", 0, fact->took_us),
      }));
}

TEST_F(OutcomesTest, RefusedOverIpv6) {
  TCPTRAIL_REQUIRE(lacks_ipv6());
  const Shared<TimedFact> fact;
  const auto outcome = trace_process([&] {
    const UniqueFd socket = bound_socket({"::1", 0});
    fail_to_connect(*fact, socket.get(), {"::1", kClosedPort}, ECONNREFUSED);
  });
  EXPECT_TRUE(exactly(outcome, {
                                   attempt("c", fact->socket),
                                   rejected(fact->socket),
                                   failed("c", fact->socket, "refused", "ECONNREFUSED").present("latency_us"),
                               }));
}

// The kernel clears ports and addresses on the way down; the ones it had chosen are still wanted.
TEST_F(OutcomesTest, RefusedTellsThePortThatTheKernelChose) {
  TCPTRAIL_REQUIRE_OF_KERNEL(lacks_rejects());
  const Shared<TimedFact> fact;
  const auto outcome = trace_process([&] {
    const UniqueFd socket = tcp_socket(AF_INET);
    fail_to_connect(*fact, socket.get(), {"127.0.0.1", kClosedPort}, ECONNREFUSED);
  });
  EXPECT_TRUE(exactly(outcome, {
                                   attempt("c", fact->socket),
                                   rejected(fact->socket),
                                   failed("c", fact->socket, "refused", "ECONNREFUSED")
                                       .with("local_ip", "127.0.0.1")
                                       .present("local_port"),
                               }));
  const auto events = outcome.events();
  const auto rejects = of_kind(events, "reject");
  const auto fails = of_kind(events, "fail");
  ASSERT_TRUE(rejects.size() == 1 && fails.size() == 1) << outcome.report();
  EXPECT_EQ(rejects[0].number("remote_port"), fails[0].number("local_port")) << outcome.report();
}

TEST_F(OutcomesTest, NoRouteIsASingleFailWithoutAttempt) {
  const Shared<TimedFact> fact;
  const auto outcome = trace_process([&] {
    const UniqueFd socket = tcp_socket(AF_INET);
    fail_to_connect(*fact, socket.get(), {"192.0.2.1", 80}, ENETUNREACH);
  });
  EXPECT_TRUE(exactly(outcome, {failed("c", fact->socket, "unreachable", "ENETUNREACH")
                                    .absent("latency_us")
                                    .absent("local_ip")
                                    .absent("local_port")}));
}

TEST_F(OutcomesTest, NoRouteOverIpv6) {
  TCPTRAIL_REQUIRE(lacks_ipv6());
  const Shared<TimedFact> fact;
  const auto outcome = trace_process([&] {
    const UniqueFd socket = tcp_socket(AF_INET6);
    fail_to_connect(*fact, socket.get(), {"2001:db8::1", 443}, ENETUNREACH);
  });
  EXPECT_TRUE(
      exactly(outcome, {failed("c", fact->socket, "unreachable", "ENETUNREACH").absent("latency_us")}));
}

TEST_F(OutcomesTest, NoRouteToAMappedAddress) {
  TCPTRAIL_REQUIRE(lacks_ipv6());
  const Shared<TimedFact> fact;
  const auto outcome = trace_process([&] {
    const UniqueFd socket = tcp_socket(AF_INET6);
    fail_to_connect(*fact, socket.get(), {"::ffff:192.0.2.1", 443}, ENETUNREACH);
  });
  EXPECT_TRUE(exactly(outcome, {failed("c", fact->socket, "unreachable", "ENETUNREACH")}));
}

TEST_F(OutcomesTest, HostUnreachableByIcmp) {
  const SilentPeer peer(ns());
  const Shared<TimedFact> fact;
  const auto outcome = trace_process([&] {
    const UniqueFd socket = bound_socket({"198.51.100.1", 0});
    fail_to_connect(*fact, socket.get(), peer.unreachable(), EHOSTUNREACH);
  });
  EXPECT_TRUE(exactly(outcome, {
                                   attempt("c", fact->socket),
                                   failed("c", fact->socket, "unreachable", "EHOSTUNREACH")
                                       .between("latency_us", 1'000, fact->took_us),
                               }));
}

TEST_F(OutcomesTest, TimeoutIsPendingOnceAndThenFails) {
  const SilentPeer peer(ns());
  const Shared<TimedFact> fact;
  const auto outcome = trace_process([&] {
    const UniqueFd socket = bound_socket({"198.51.100.1", 0});
    fail_to_connect(*fact, socket.get(), peer.address(), ETIMEDOUT);
  });
  EXPECT_TRUE(exactly(
      outcome,
      {
          attempt("c", fact->socket),
          pending("c", fact->socket).between("latency_us", 800'000, 1'900'000),
          failed("c", fact->socket, "timeout", "ETIMEDOUT").between("latency_us", 2'500'000, fact->took_us),
      }));
}

TEST_F(OutcomesTest, DeniedByACgroupProgram) {
  TCPTRAIL_REQUIRE(lacks_cgroup_programs());
  const TestCgroup cgroup;
  const ConnectDenial denial(cgroup);
  const Shared<TimedFact> ipv4;
  const Shared<TimedFact> ipv6;
  const auto outcome = trace_process([&] {
    cgroup.enter();
    const UniqueFd socket = tcp_socket(AF_INET);
    fail_to_connect(*ipv4, socket.get(), {"127.0.0.1", kClosedPort}, EPERM);
    const UniqueFd socket6 = tcp_socket(AF_INET6);
    fail_to_connect(*ipv6, socket6.get(), {"::1", kClosedPort}, EPERM);
  });
  EXPECT_TRUE(exactly(outcome, {
                                   failed("c", ipv4->socket, "denied", "EPERM").absent("latency_us"),
                                   failed("c6", ipv6->socket, "denied", "EPERM").absent("latency_us"),
                               }));
}

TEST_F(OutcomesTest, NoLocalPortLeft) {
  leave_one_port(ns());
  const Shared<NoPortLeftFacts> facts;
  const auto outcome = trace_process([&] {
    run_out_of_ports(*facts, [](const UniqueFd& socket, const SockAddr& target) {
      demand_connect(socket.get(), target, EADDRNOTAVAIL);
    });
  });
  EXPECT_TRUE(exactly(outcome, no_port_left(*facts, "address", "EADDRNOTAVAIL")));
}

}  // namespace
}  // namespace tcptrail::test
