// Addresses and their families: IPv6, IPv4 in IPv6 sockets, a source that the program chose.

#include <sys/socket.h>

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

// No port to listen on, but one to ask for.
TEST_F(AddressesTest, PortZero) {
  const Shared<SocketFact> fact;
  const auto outcome = trace_process([&] {
    const UniqueFd socket = bound_socket({"127.0.0.1", 0});
    *fact = fact_of(socket.get(), {"127.0.0.2", 0});
    demand_connect(socket.get(), fact->remote, ECONNREFUSED);
  });
  EXPECT_TRUE(exactly(outcome,
                      {attempt("c", *fact), rejected(*fact), failed("c", *fact, "refused", "ECONNREFUSED")}));
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

}  // namespace
}  // namespace tcptrail::test
