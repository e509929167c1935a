// connect() and accept() by io_uring, which never enter the system calls of those names.

#include <sys/socket.h>

#include "support/blind_spots.h"
#include "support/cgroup.h"
#include "support/exchange.h"
#include "support/kernel_test.h"
#include "support/no_port_left.h"
#include "support/uring.h"

namespace tcptrail::test {
namespace {

class IoUringTest : public KernelTest, public ::testing::WithParamInterface<RingMode> {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    TCPTRAIL_REQUIRE(lacks_io_uring());
  }

  // The ring's own threads have names and ids of their own; the process is the ring's.
  static std::vector<Expected> by_ring(const std::string& conn, std::vector<Expected> expected) {
    if (GetParam() == RingMode::kInline) return expected;
    for (auto& one : expected) {
      if (one.conn() == conn) one.present("tid").present("comm");
    }
    return expected;
  }

  // An attempt that ends before the SYN, and a plain one after it: silence is not a tracer that sees nothing.
  Outcome trace_failing(
      SocketFact& fact, SocketFact& plain, int wanted_errno, const std::function<void()>& prepare = [] {}) {
    return trace_process([&] {
      prepare();
      const SockAddr nowhere("192.0.2.1", 80);
      const UniqueFd socket = tcp_socket(AF_INET);
      fact = fact_of(socket.get(), nowhere);
      Ring(GetParam()).demand_connect(socket.get(), nowhere, wanted_errno);
      const UniqueFd plain_socket = tcp_socket(AF_INET);
      plain = fact_of(plain_socket.get(), nowhere);
      demand_connect(plain_socket.get(), nowhere, wanted_errno);
    });
  }
};

TEST_P(IoUringTest, Connect) {
  ExchangePlan plan;
  plan.connect = [](int socket, const SockAddr& target) {
    Ring(GetParam()).demand_connect(socket, target, 0);
  };
  ExchangeFacts facts{};
  const auto outcome = trace_sockets([&] { facts = exchange(ns(), plan); });
  EXPECT_TRUE(exactly(outcome, by_ring("c", ExchangeStory(facts).all())));
}

TEST_P(IoUringTest, Refused) {
  const Shared<SocketFact> fact;
  const auto outcome = trace_process([&] {
    const UniqueFd socket = bound_socket({"127.0.0.1", 0});
    *fact = fact_of(socket.get(), {"127.0.0.1", kClosedPort});
    Ring(GetParam()).demand_connect(socket.get(), fact->remote, ECONNREFUSED);
  });
  EXPECT_TRUE(exactly(outcome, by_ring("c", {attempt("c", *fact), rejected(*fact),
                                             failed("c", *fact, "refused", "ECONNREFUSED")})));
}

TEST_P(IoUringTest, NoRoute) {
  const Shared<SocketFact> fact, plain;
  const auto outcome = trace_failing(*fact, *plain, ENETUNREACH);
  const auto last = failed("plain", *plain, "unreachable", "ENETUNREACH");
  const auto missed = failed("c", *fact, "unreachable", "ENETUNREACH").absent("latency_us");
  EXPECT_TRUE(
      exactly(outcome, by_ring("c", unless_blind(BlindSpot::kRingFailureBeforeSyn, {missed, last}, {last}))));
}

TEST_P(IoUringTest, DeniedByACgroupProgram) {
  TCPTRAIL_REQUIRE(lacks_cgroup_programs());
  const TestCgroup cgroup;
  const ConnectDenial denial(cgroup);
  const Shared<SocketFact> fact, plain;
  const auto outcome = trace_failing(*fact, *plain, EPERM, [&] { cgroup.enter(); });
  const auto last = failed("plain", *plain, "denied", "EPERM");
  const auto missed = failed("c", *fact, "denied", "EPERM").absent("latency_us");
  EXPECT_TRUE(
      exactly(outcome, by_ring("c", unless_blind(BlindSpot::kRingFailureBeforeSyn, {missed, last}, {last}))));
}

TEST_P(IoUringTest, NoLocalPortLeft) {
  leave_one_port(ns());
  const Shared<NoPortLeftFacts> facts;
  const auto outcome = trace_process([&] {
    run_out_of_ports(*facts, [](const UniqueFd& socket, const SockAddr& target) {
      Ring(GetParam()).demand_connect(socket.get(), target, EADDRNOTAVAIL);
    });
  });
  EXPECT_TRUE(exactly(outcome, by_ring("c", unless_blind(BlindSpot::kRingFailureWithoutSocketError,
                                                         no_port_left(*facts, "address", "EADDRNOTAVAIL"),
                                                         no_port_left(*facts, "other", "")))));
}

class IoUringAcceptTest : public IoUringTest {
 protected:
  static void expect_story(const Outcome& outcome, const ExchangeFacts& facts) {
    const ExchangeStory story(facts);
    // A ring's polling thread may hold its sockets until the listener is gone, and nobody knows whose that
    // was.
    const auto close =
        older(closed_unaccepted("s", facts.listener, facts.client).with("end", "fin"), "listener");
    const std::vector<Expected> instead{story.listen,       story.attempt,  story.connect,
                                        story.client_close, story.unlisten, close};
    const Scope scope{.older_sockets = is_blind(family_under_test(), BlindSpot::kRingAccept)};
    EXPECT_TRUE(
        exactly(outcome, unless_blind(BlindSpot::kRingAccept, by_ring("s", story.all()), instead), scope));
  }

  // One process that is both ends; `accept` takes the connection and sees to its end.
  void expect_accepted(const std::function<void(Ring&, int)>& accept) {
    const Shared<ExchangeFacts> facts;
    const auto outcome = trace_process([&] {
      const UniqueFd listener = listen_at({"127.0.0.1", 0});
      facts->listener = fact_of(listener.get());
      UniqueFd client = connect_to(facts->listener.local);
      facts->client = fact_of(client.get());
      facts->server = {own_identity(), facts->client.remote, facts->client.local};
      Ring ring(GetParam());
      accept(ring, listener.get());
      // A ring's own table lets go of a socket up to a second later; the listener must still be there then.
      receive_until_end(client.get());
      client.reset();
    });
    expect_story(outcome, *facts);
  }
};

TEST_P(IoUringAcceptTest, ConnectionThatWaits) {
  expect_accepted([](Ring& ring, int listener) { ring.accept(listener); });
}

TEST_P(IoUringAcceptTest, ConnectionThatComesLater) {
  ExchangePlan plan;
  plan.accept = [](int listener) { return Ring(GetParam()).accept(listener); };
  plan.connect = [](int socket, const SockAddr& target) {
    sleep_for(Seconds(0.1));
    demand_connect(socket, target, 0);
  };
  ExchangeFacts facts{};
  const auto outcome = trace_sockets([&] { facts = exchange(ns(), plan); });
  expect_story(outcome, facts);
}

// No descriptor is ever made for it.
TEST_P(IoUringAcceptTest, IntoTheRingsOwnTable) {
  expect_accepted([](Ring& ring, int listener) { ring.accept_direct(listener); });
}

// Who listened is forgotten with the listener.
TEST_P(IoUringAcceptTest, ListenerIsClosedFirst) {
  const Shared<ExchangeFacts> facts;
  const auto outcome = trace_process([&] {
    UniqueFd listener = listen_at({"127.0.0.1", 0});
    facts->listener = fact_of(listener.get());
    UniqueFd client = connect_to(facts->listener.local);
    facts->client = fact_of(client.get());
    Ring ring(GetParam());
    const UniqueFd server = ring.accept(listener.get());
    facts->server = fact_of(server.get());
    listener.reset();
    client.reset();
    receive_until_end(server.get());
  });
  const ExchangeStory story(*facts);
  auto orphan = closed_unaccepted("s", facts->listener, facts->client);
  for (const char* field : {"pid", "tid", "uid", "gid", "comm", "owner", "cgroup_id"}) orphan.absent(field);
  EXPECT_TRUE(exactly_so(outcome, unless_blind(BlindSpot::kRingAccept, by_ring("s", story.all()),
                                               {story.listen, story.attempt, story.connect,
                                                story.client_close, story.unlisten, orphan})));
}

TEST_P(IoUringAcceptTest, Multishot) {
  TCPTRAIL_REQUIRE_OF_KERNEL(lacks_multishot_accept());
  expect_accepted([](Ring& ring, int listener) {
    ring.accept_multishot(listener);
    check(::shutdown(listener, SHUT_RD), "shutdown");
  });
}

INSTANTIATE_TEST_SUITE_P(Modes, IoUringTest, ::testing::ValuesIn(kRingModes),
                         [](const auto& one) { return name_of(one.param); });
INSTANTIATE_TEST_SUITE_P(Modes, IoUringAcceptTest, ::testing::ValuesIn(kRingModes),
                         [](const auto& one) { return name_of(one.param); });

}  // namespace
}  // namespace tcptrail::test
