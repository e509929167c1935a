// Families, and the kinds of TCP sockets that are not plain: mapped addresses, Fast Open, MPTCP.

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <string_view>

#include "support/exchange.h"
#include "support/kernel_test.h"

namespace tcptrail::test {
namespace {

using AddressesTest = KernelTest;

TEST_F(AddressesTest, Ipv6) {
  TCPTRAIL_REQUIRE(lacks_ipv6());
  ExchangeFacts facts{};
  const auto outcome = trace_sockets([&] {
    facts = exchange(ns(), {.listen_at = {"::1", 0}, .target = "::1"});
  });
  EXPECT_TRUE(exactly(outcome, ExchangeStory(facts).all()));
}

// The client's socket is IPv6 and says so; the server's is plain IPv4.
TEST_F(AddressesTest, MappedClient) {
  TCPTRAIL_REQUIRE(lacks_ipv6());
  ExchangeFacts facts{};
  const auto outcome = trace_sockets([&] { facts = exchange(ns(), {.target = "::ffff:127.0.0.1"}); });
  ExchangeStory story(facts);
  story.attempt.with("family", "ipv4").with("mapped", true).with("remote_ip", "127.0.0.1");
  story.connect.with("family", "ipv4").with("mapped", true).with("local_ip", "127.0.0.1");
  story.client_close.with("family", "ipv4").with("mapped", true).with("remote_ip", "127.0.0.1");
  story.accept.with("family", "ipv4").absent("mapped");
  EXPECT_TRUE(exactly(outcome, story.all()));
}

TEST_F(AddressesTest, MappedAtADualStackListener) {
  TCPTRAIL_REQUIRE(lacks_ipv6());
  ExchangeFacts facts{};
  const auto outcome = trace_sockets([&] {
    facts = exchange(ns(), {.listen_at = {"::", 0}, .target = "127.0.0.1"});
  });
  ExchangeStory story(facts);
  story.accept.with("family", "ipv4").with("mapped", true).with("remote_ip", "127.0.0.1");
  story.server_close.with("family", "ipv4").with("mapped", true).with("local_ip", "127.0.0.1");
  story.listen.with("family", "ipv6").with("local_ip", "::");
  EXPECT_TRUE(exactly(outcome, story.all()));
}

TEST_F(AddressesTest, BoundSourceAddressAndPort) {
  struct Facts {
    SocketFact listener, server, client;
  };
  const Shared<Facts> facts;
  const auto outcome = trace_process([&] {
    const UniqueFd listener = listen_at({"127.0.0.1", 0});
    facts->listener = fact_of(listener.get());
    const UniqueFd socket = bound_socket({"127.8.8.8", 1234});
    demand_connect(socket.get(), facts->listener.local, 0);
    facts->client = fact_of(socket.get());
    const UniqueFd taken = accept_from(listener.get());
    facts->server = fact_of(taken.get());
  });
  EXPECT_TRUE(exactly(outcome, {
                                   listening(facts->listener, 16),
                                   attempt("c", facts->client).with("local_port", 1234),
                                   connected("c", facts->client).with("local_ip", "127.8.8.8"),
                                   accepted("s", facts->server).with("remote_port", 1234),
                                   closed_inbound("s", facts->server, "fin"),
                                   closed_outbound("c", facts->client, "fin"),
                                   stopped_listening(facts->listener),
                               }));
}

class FastOpenTest : public KernelTest {
 protected:
  struct Facts {
    SocketFact listener;
    SocketFact client[2];
    SocketFact server[2];
    bool data_in_syn[2] = {};
  };

  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    ns().set_sysctl("ipv4/tcp_fastopen", "3");
  }

  static void serve(Facts& facts, const Gate& listening_gate, std::size_t bytes) {
    const UniqueFd listener = bound_socket({"127.0.0.1", 0});
    const int queue = 16;
    check(::setsockopt(listener.get(), IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof queue), "TCP_FASTOPEN");
    check(::listen(listener.get(), 16), "listen");
    facts.listener = fact_of(listener.get());
    listening_gate.open();
    for (auto& fact : facts.server) {
      const UniqueFd socket = accept_from(listener.get());
      receive_bytes(socket.get(), bytes);
      fact = fact_of(socket.get());
      receive_until_end(socket.get());
    }
  }

  static void connect_by_sendto(Facts& facts, int round, std::string_view text) {
    const UniqueFd socket = tcp_socket(AF_INET);
    const SockAddr target = facts.listener.local;
    check(::sendto(socket.get(), text.data(), text.size(), MSG_FASTOPEN, target.get(), target.size()),
          "sendto(MSG_FASTOPEN)");
    facts.client[round] = fact_of(socket.get());
    tcp_info info{};
    socklen_t length = sizeof info;
    check(::getsockopt(socket.get(), IPPROTO_TCP, TCP_INFO, &info, &length), "TCP_INFO");
    facts.data_in_syn[round] = (info.tcpi_options & TCPI_OPT_SYN_DATA) != 0;
  }
};

TEST_F(FastOpenTest, WithoutAndWithACookie) {
  constexpr std::string_view kText = "twelve bytes";
  const Shared<Facts> facts;
  const auto outcome = trace_sockets([&] {
    const Gate listening_gate;
    Child server = ns().spawn([&] { serve(*facts, listening_gate, kText.size()); });
    Child client = ns().spawn([&] {
      listening_gate.wait();
      connect_by_sendto(*facts, 0, kText);
      connect_by_sendto(*facts, 1, kText);
    });
    client.join();
    server.join();
  });
  EXPECT_FALSE(facts->data_in_syn[0]);
  EXPECT_TRUE(facts->data_in_syn[1]) << "the second connection was to carry its data in the SYN";
  std::vector<Expected> expected{listening(facts->listener, 16), stopped_listening(facts->listener)};
  for (int round = 0; round < 2; ++round) {
    const auto c = "c" + std::to_string(round);
    const auto s = "s" + std::to_string(round);
    expected.push_back(attempt(c, facts->client[round]));
    expected.push_back(connected(c, facts->client[round]));
    expected.push_back(accepted(s, facts->server[round]));
    expected.push_back(
        closed_outbound(c, facts->client[round], "fin").with("bytes_out", kText.size()).with("bytes_in", 0));
    expected.push_back(
        closed_inbound(s, facts->server[round], "fin").with("bytes_in", kText.size()).with("bytes_out", 0));
  }
  EXPECT_TRUE(exactly(outcome, expected));
}

TEST_F(FastOpenTest, RefusedIsToldOnce) {
  const Shared<SocketFact> fact;
  const auto outcome = trace_process([&] {
    const UniqueFd socket = bound_socket({"127.0.0.1", 0});
    const SockAddr target("127.0.0.1", kClosedPort);
    *fact = fact_of(socket.get(), target);
    const auto sent =
        ::sendto(socket.get(), "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL, target.get(), target.size());
    demand(sent < 0 && errno == ECONNREFUSED, "sendto(MSG_FASTOPEN) to a closed port");
  });
  EXPECT_TRUE(exactly(outcome,
                      {attempt("c", *fact), rejected(*fact), failed("c", *fact, "refused", "ECONNREFUSED")}));
}

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

}  // namespace
}  // namespace tcptrail::test
