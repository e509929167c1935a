// The server's side: who accepted, who did not, who listens, and what was turned away.

#include <poll.h>
#include <sys/socket.h>

#include "support/exchange.h"
#include "support/kernel_test.h"

namespace tcptrail::test {
namespace {

using InboundTest = KernelTest;

UniqueFd accept_by(int listener, int flags, bool old_call) {
  demand(poll_for(listener, POLLIN, Seconds(10)), "nobody connected");
  return UniqueFd(
      check(old_call ? ::accept(listener, nullptr, nullptr) : ::accept4(listener, nullptr, nullptr, flags),
            "accept"));
}

TEST_F(InboundTest, Accept) {
  ExchangePlan plan;
  plan.accept = [](int listener) { return accept_by(listener, 0, true); };
  ExchangeFacts facts{};
  const auto outcome = trace_sockets([&] { facts = exchange(ns(), plan); });
  EXPECT_TRUE(exactly(outcome, ExchangeStory(facts).all()));
}

TEST_F(InboundTest, Accept4) {
  ExchangePlan plan;
  plan.accept = [](int listener) { return accept_by(listener, SOCK_CLOEXEC | SOCK_NONBLOCK, false); };
  plan.server = [](UniqueFd& socket) { poll_for(socket.get(), POLLIN, Seconds(10)); };
  ExchangeFacts facts{};
  const auto outcome = trace_sockets([&] { facts = exchange(ns(), plan); });
  EXPECT_TRUE(exactly(outcome, ExchangeStory(facts).all()));
}

// accept() with no one there must not be taken for a connection.
TEST_F(InboundTest, AcceptThatWouldBlockIsNotTold) {
  const Shared<SocketFact> listener;
  const auto outcome = trace_process([&] {
    const UniqueFd socket = bound_socket({"127.0.0.1", 0}, SOCK_NONBLOCK);
    check(::listen(socket.get(), 3), "listen");
    *listener = fact_of(socket.get());
    demand(::accept(socket.get(), nullptr, nullptr) < 0 && errno == EAGAIN, "accept on an empty queue");
  });
  EXPECT_TRUE(exactly(outcome, {listening(*listener, 3), stopped_listening(*listener)}));
}

TEST_F(InboundTest, AcceptedByAForkedChildOfTheListener) {
  const Shared<ExchangeFacts> facts;
  const auto outcome = trace_sockets([&] {
    const Gate listening_gate, accepted_gate;
    Child server = ns().spawn([&] {
      const UniqueFd listener = listen_at({"127.0.0.1", 0});
      facts->listener = fact_of(listener.get());
      Child worker = spawn([&] {
        const UniqueFd socket = accept_from(listener.get());
        facts->server = fact_of(socket.get());
        accepted_gate.open();
        receive_until_end(socket.get());
      });
      listening_gate.open();
      worker.join();
    });
    Child client = ns().spawn([&] {
      listening_gate.wait();
      const UniqueFd socket = connect_to(facts->listener.local);
      facts->client = fact_of(socket.get());
      accepted_gate.wait();
    });
    client.join();
    server.join();
  });
  ASSERT_NE(facts->server.who.pid, facts->listener.who.pid);
  EXPECT_TRUE(exactly(outcome, ExchangeStory(*facts).all()));
}

TEST_F(InboundTest, NobodyAccepted) {
  struct Facts {
    SocketFact listener, client;
  };
  const Shared<Facts> facts;
  const auto outcome = trace_sockets([&] {
    const Gate listening_gate, connected_gate;
    Child server = ns().spawn([&] {
      const UniqueFd listener = listen_at({"127.0.0.1", 0});
      facts->listener = fact_of(listener.get());
      listening_gate.open();
      connected_gate.wait();
    });
    Child client = ns().spawn([&] {
      listening_gate.wait();
      const UniqueFd socket = connect_to(facts->listener.local);
      facts->client = fact_of(socket.get());
      send_bytes(socket.get(), 77);
      connected_gate.open();
      receive_until_end(socket.get());
    });
    client.join();
    server.join();
  });
  EXPECT_TRUE(exactly(outcome, {
                                   listening(facts->listener, 16),
                                   attempt("c", facts->client),
                                   connected("c", facts->client),
                                   closed_unaccepted("s", facts->listener, facts->client)
                                       .with("end", "reset_local")
                                       .with("bytes_in", 77)
                                       .with("bytes_out", 0),
                                   closed_outbound("c", facts->client, "reset_remote").with("bytes_out", 77),
                                   stopped_listening(facts->listener),
                               }));
}

// The connection is over before anyone takes it; accept() still hands it out, and it is told.
TEST_F(InboundTest, AcceptedAfterThePeersReset) {
  const Shared<ExchangeFacts> facts;
  const auto outcome = trace_process([&] {
    const UniqueFd listener = listen_at({"127.0.0.1", 0});
    facts->listener = fact_of(listener.get());
    UniqueFd socket = connect_to(facts->listener.local);
    facts->client = fact_of(socket.get());
    send_bytes(socket.get(), 5);
    close_with_reset(std::move(socket));
    const UniqueFd late = accept_from(listener.get());
    facts->server = {own_identity(), facts->client.remote, facts->client.local};
  });
  auto close = closed_unaccepted("s", facts->listener, facts->client);
  EXPECT_TRUE(exactly(outcome, {
                                   listening(facts->listener, 16),
                                   attempt("c", facts->client),
                                   connected("c", facts->client),
                                   closed_outbound("c", facts->client, "reset_local"),
                                   close.with("end", "reset_remote").with("bytes_in", 5),
                                   accepted("s", facts->server),
                                   stopped_listening(facts->listener),
                               }));
}

TEST_F(InboundTest, TimeInTheBacklog) {
  ExchangePlan plan;
  plan.accept = [](int listener) {
    demand(poll_for(listener, POLLIN, Seconds(10)), "nobody connected");
    sleep_for(Seconds(0.12));
    return accept_from(listener);
  };
  ExchangeFacts facts{};
  const auto outcome = trace_sockets([&] { facts = exchange(ns(), plan); });
  ExchangeStory story(facts);
  story.accept.between("backlog_us", 110'000, facts.life_us);
  EXPECT_TRUE(exactly(outcome, story.all()));
}

TEST_F(InboundTest, ListenWithItsBacklog) {
  struct Facts {
    SocketFact ipv4, ipv6;
  };
  const Shared<Facts> facts;
  const auto outcome = trace_process([&] {
    const UniqueFd first = listen_at({"127.0.0.1", 0}, 5);
    facts->ipv4 = fact_of(first.get());
    const UniqueFd second = listen_at({"::", 0}, 77);
    facts->ipv6 = fact_of(second.get());
    // A second listen() only changes the backlog of a socket that already listens.
    check(::listen(first.get(), 9), "listen");
  });
  EXPECT_TRUE(exactly(outcome, {listening(facts->ipv4, 5), listening(facts->ipv6, 77),
                                stopped_listening(facts->ipv4), stopped_listening(facts->ipv6)}));
}

TEST_F(InboundTest, RejectKnowsTheTupleAndNoProcess) {
  TCPTRAIL_REQUIRE_OF_KERNEL(lacks_rejects());
  struct Facts {
    SocketFact ipv4, ipv6;
  };
  const Shared<Facts> facts;
  const auto outcome = trace_json({"-e", "reject"}, [&] {
    ns().spawn([&] {
          const UniqueFd socket = bound_socket({"127.0.0.5", 0});
          facts->ipv4 = fact_of(socket.get(), {"127.0.0.6", kClosedPort});
          demand_connect(socket.get(), facts->ipv4.remote, ECONNREFUSED);
          const UniqueFd socket6 = bound_socket({"::1", 0});
          facts->ipv6 = fact_of(socket6.get(), {"::1", kClosedPort});
          demand_connect(socket6.get(), facts->ipv6.remote, ECONNREFUSED);
        })
        .join();
  });
  EXPECT_TRUE(exactly(outcome, {rejected(facts->ipv4), rejected(facts->ipv6)}));
}

}  // namespace
}  // namespace tcptrail::test
