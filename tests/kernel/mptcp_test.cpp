// MPTCP: what is told is the subflow, whichever of the two ends speaks it. Go's listeners are MPTCP by
// default.

#include <poll.h>
#include <sys/socket.h>

#include "support/cgroup.h"
#include "support/exchange.h"
#include "support/kernel_test.h"

namespace tcptrail::test {
namespace {

class MptcpTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    TCPTRAIL_REQUIRE(lacks_mptcp());
  }

  // As a pair of chatting programs; a receive on either side before it closes makes the end an orderly one.
  static ExchangePlan talk() {
    ExchangePlan plan;
    plan.protocol = kMptcp;
    plan.client = [](UniqueFd& socket) {
      send_bytes(socket.get(), 1'000);
      receive_bytes(socket.get(), 20);
      check(::shutdown(socket.get(), SHUT_WR), "shutdown");
      receive_until_end(socket.get());
    };
    plan.server = [](UniqueFd& socket) {
      receive_bytes(socket.get(), 1'000);
      send_bytes(socket.get(), 20);
      receive_until_end(socket.get());
    };
    return plan;
  }
};

// A kernel thread closes the subflows; they still belong to the two programs.
TEST_F(MptcpTest, SubflowsAreToldWithTheirOwners) {
  ExchangeFacts facts{};
  const auto outcome = trace_sockets([&] { facts = exchange(ns(), talk()); });
  ExchangeStory story(facts);
  story.client_close.present("end").with("bytes_out", 1'000).with("bytes_in", 20);
  story.server_close.present("end").with("bytes_out", 20).with("bytes_in", 1'000);
  EXPECT_TRUE(exactly(outcome, story.all()));
}

// What a Go server is to every ordinary client: accept() hands out a plain TCP socket.
TEST_F(MptcpTest, PlainClientAtAnMptcpListener) {
  const Shared<ExchangeFacts> facts;
  const auto outcome = trace_sockets([&] {
    const Gate listening_gate, accepted_gate;
    Child server = ns().spawn([&] {
      const UniqueFd listener = listen_at({"127.0.0.1", 0}, kExchangeBacklog, kMptcp);
      facts->listener = fact_of(listener.get());
      listening_gate.open();
      const UniqueFd socket = accept_from(listener.get());
      facts->server = fact_of(socket.get());
      accepted_gate.open();
      receive_until_end(socket.get());
    });
    Child client = ns().spawn([&] {
      listening_gate.wait();
      const UniqueFd socket = connect_to(facts->listener.local);
      facts->client = fact_of(socket.get());
      accepted_gate.wait();
      send_bytes(socket.get(), 9);
    });
    client.join();
    server.join();
  });
  ExchangeStory story(*facts);
  story.server_close.with("bytes_in", 9);
  EXPECT_TRUE(exactly(outcome, story.all()));
}

TEST_F(MptcpTest, RefusedClientIsToldOnce) {
  const Shared<SocketFact> fact;
  const auto outcome = trace_process([&] {
    const UniqueFd socket = tcp_socket(AF_INET, 0, kMptcp);
    *fact = fact_of(socket.get(), {"127.0.0.1", kClosedPort});
    demand_connect(socket.get(), fact->remote, ECONNREFUSED);
  });
  EXPECT_TRUE(exactly(outcome,
                      {attempt("c", *fact), rejected(*fact), failed("c", *fact, "refused", "ECONNREFUSED")}));
}

// Nothing but the client's own socket is MPTCP; the answer makes it plain TCP.
TEST_F(MptcpTest, MptcpClientAtAPlainListener) {
  const Shared<ExchangeFacts> facts;
  const auto outcome = trace_process([&] {
    const UniqueFd listener = listen_at({"127.0.0.1", 0});
    facts->listener = fact_of(listener.get());
    UniqueFd client = tcp_socket(AF_INET, 0, kMptcp);
    demand_connect(client.get(), facts->listener.local, 0);
    facts->client = fact_of(client.get());
    const UniqueFd socket = accept_from(listener.get());
    facts->server = fact_of(socket.get());
    send_bytes(client.get(), 9);
    client.reset();
    receive_until_end(socket.get());
  });
  ExchangeStory story(*facts);
  story.client_close.with("bytes_out", 9);
  story.server_close.with("bytes_in", 9);
  EXPECT_TRUE(exactly(outcome, story.all()));
}

TEST_F(MptcpTest, NoRoute) {
  const Shared<SocketFact> fact;
  const auto outcome = trace_process([&] {
    const UniqueFd socket = tcp_socket(AF_INET, 0, kMptcp);
    *fact = fact_of(socket.get(), {"192.0.2.1", 80});
    demand_connect(socket.get(), fact->remote, ENETUNREACH);
  });
  EXPECT_TRUE(exactly(outcome, {failed("c", *fact, "unreachable", "ENETUNREACH").absent("latency_us")}));
}

TEST_F(MptcpTest, DeniedByACgroupProgram) {
  TCPTRAIL_REQUIRE(lacks_cgroup_programs());
  const TestCgroup cgroup;
  const ConnectDenial denial(cgroup);
  const Shared<SocketFact> fact;
  const auto outcome = trace_process([&] {
    cgroup.enter();
    const UniqueFd socket = tcp_socket(AF_INET, 0, kMptcp);
    *fact = fact_of(socket.get(), {"127.0.0.1", kClosedPort});
    demand_connect(socket.get(), fact->remote, EPERM);
  });
  EXPECT_TRUE(exactly(outcome, {failed("c", *fact, "denied", "EPERM").absent("latency_us")}));
}

TEST_F(MptcpTest, NonblockingFailureIsToldOnce) {
  const Shared<SocketFact> fact;
  const auto outcome = trace_process([&] {
    const UniqueFd socket = tcp_socket(AF_INET, SOCK_NONBLOCK, kMptcp);
    *fact = fact_of(socket.get(), {"127.0.0.1", kClosedPort});
    demand_connect(socket.get(), fact->remote, EINPROGRESS);
    demand(poll_for(socket.get(), POLLOUT, Seconds(5)), "no answer to a connect over loopback");
    demand(pending_error(socket.get()) == ECONNREFUSED, "SO_ERROR");
  });
  EXPECT_TRUE(exactly(outcome,
                      {attempt("c", *fact), rejected(*fact), failed("c", *fact, "refused", "ECONNREFUSED")}));
}

}  // namespace
}  // namespace tcptrail::test
