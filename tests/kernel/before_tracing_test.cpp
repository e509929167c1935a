// accept() and listeners that are older than the tracing.

#include <sys/socket.h>

#include <cstring>
#include <thread>

#include "support/blind_spots.h"
#include "support/compat32.h"
#include "support/exchange.h"
#include "support/kernel_test.h"
#include "support/uring.h"

namespace tcptrail::test {
namespace {

constexpr Seconds kToBlock{0.1};  // for a process that is about to wait in a system call

class BeforeTracingTest : public KernelTest {
 protected:
  struct Facts {
    SocketFact listener;
    SocketFact client[2];
    SocketFact server[2];
  };

  // `serve` runs from before the tracer starts; it opens the gate when it listens, and then waits for
  // `clients` connections, which come in turn when everything is traced.
  Outcome trace_clients_of(Facts& facts, int clients, const std::function<void(const Gate&)>& serve) {
    const Gate listening_gate;
    Child server = ns().spawn([&] { serve(listening_gate); });
    listening_gate.wait();
    sleep_for(kToBlock);
    return trace_json({"-e", socket_events()}, [&] {
      for (int i = 0; i < clients; ++i) ns().spawn([&] { consume(facts, i); }).join();
      server.join();
    });
  }

  static void consume(Facts& facts, int i) {
    const UniqueFd socket = connect_to(facts.listener.local);
    facts.client[i] = fact_of(socket.get());
    receive_until_end(socket.get());
  }

  static UniqueFd open_listener(Facts& facts, int flags = 0) {
    UniqueFd listener = bound_socket({"127.0.0.1", 0}, flags);
    check(::listen(listener.get(), 16), "listen");
    facts.listener = fact_of(listener.get());
    return listener;
  }

  // The listener is older than the tracing.
  static std::vector<Expected> story_of(const Facts& facts, int clients) {
    std::vector<Expected> told{older(stopped_listening(facts.listener))};
    for (int i = 0; i < clients; ++i) {
      const auto c = "c" + std::to_string(i);
      const auto s = "s" + std::to_string(i);
      told.push_back(attempt(c, facts.client[i]));
      told.push_back(connected(c, facts.client[i]));
      told.push_back(accepted(s, facts.server[i]));
      told.push_back(closed_inbound(s, facts.server[i], "fin"));
      told.push_back(closed_outbound(c, facts.client[i], "fin"));
    }
    return told;
  }

  // The listener was found when tracing began; whether it still listens is a race between two descriptors of
  // a process that ends.
  static Expected unaccepted(std::string conn, const SocketFact& listener, const SocketFact& client) {
    return older(closed_unaccepted(std::move(conn), listener, client), "listener");
  }
};

TEST_F(BeforeTracingTest, AcceptThatWaits) {
  const Shared<Facts> facts;
  const auto outcome = trace_clients_of(*facts, 1, [&](const Gate& listening) {
    const UniqueFd listener = open_listener(*facts);
    listening.open();
    const UniqueFd socket(check(::accept(listener.get(), nullptr, nullptr), "accept"));
    facts->server[0] = fact_of(socket.get());
  });
  EXPECT_TRUE(exactly_so(outcome, story_of(*facts, 1)));
}

TEST_F(BeforeTracingTest, Accept4OfTwoThreadsThatWait) {
  const Shared<Facts> facts;
  const auto outcome = trace_clients_of(*facts, 2, [&](const Gate& listening) {
    const UniqueFd listener = open_listener(*facts);
    const auto serve = [&](int i) {
      const UniqueFd socket(check(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC), "accept4"));
      facts->server[i] = fact_of(socket.get());
    };
    listening.open();
    std::thread first(serve, 0);
    std::thread second(serve, 1);
    first.join();
    second.join();
  });
  // Which of them takes which connection is the kernel's choice.
  if (facts->server[0].remote.port() != facts->client[0].local.port()) {
    std::swap(facts->server[0], facts->server[1]);
  }
  ASSERT_NE(facts->server[0].who.tid, facts->server[1].who.tid);
  EXPECT_TRUE(exactly_so(outcome, story_of(*facts, 2)));
}

// As event loops do: what waits is poll(), and accept() is called when all is traced.
TEST_F(BeforeTracingTest, PollThenAccept) {
  const Shared<Facts> facts;
  const auto outcome = trace_clients_of(*facts, 2, [&](const Gate& listening) {
    const UniqueFd listener = open_listener(*facts, SOCK_NONBLOCK);
    listening.open();
    for (auto& fact : facts->server) {
      const UniqueFd socket = accept_from(listener.get());
      fact = fact_of(socket.get());
    }
  });
  EXPECT_TRUE(exactly_so(outcome, story_of(*facts, 2)));
}

TEST_F(BeforeTracingTest, ConnectionInTheBacklog) {
  const Shared<Facts> facts;
  const auto outcome = trace_from_the_middle([&](const Pause& until_traced) {
    const UniqueFd listener = open_listener(*facts);
    UniqueFd client = connect_to(facts->listener.local);
    facts->client[0] = fact_of(client.get());
    until_traced();
    const UniqueFd server = accept_from(listener.get());
    facts->server[0] = fact_of(server.get());
    client.reset();
    receive_until_end(server.get());
  });
  EXPECT_TRUE(exactly_so(outcome, {
                                      older(closed_outbound("c", facts->client[0], "fin")),
                                      accepted("s", facts->server[0]).absent("backlog_us"),
                                      closed_inbound("s", facts->server[0], "fin").absent("duration_us"),
                                      older(stopped_listening(facts->listener)),
                                  }));
}

class RingBeforeTracingTest : public BeforeTracingTest, public ::testing::WithParamInterface<RingMode> {};

TEST_P(RingBeforeTracingTest, AcceptThatWaits) {
  TCPTRAIL_REQUIRE(lacks_io_uring());
  // Younger kernels' workers wait outside of accept(), as can be told by what came with that.
  if (GetParam() == RingMode::kWorker) TCPTRAIL_REQUIRE_OF_KERNEL(lacks_multishot_accept());
  const Shared<Facts> facts;
  const auto outcome = trace_clients_of(*facts, 1, [&](const Gate& listening) {
    const UniqueFd listener = open_listener(*facts);
    Ring ring(GetParam());
    ring.start_accept(listener.get());
    listening.open();
    const UniqueFd socket = ring.finish_accept();
    facts->server[0] = fact_of(socket.get());
  });
  auto told = story_of(*facts, 1);
  for (auto& one : told) {
    if (one.conn() == "s0") one.present("tid").present("comm");
  }
  const SocketFact& client = facts->client[0];
  EXPECT_TRUE(exactly_so(outcome, unless_blind(BlindSpot::kRingAccept, told,
                                               {
                                                   older(stopped_listening(facts->listener)),
                                                   attempt("c", client),
                                                   connected("c", client),
                                                   unaccepted("s", facts->listener, client),
                                                   closed_outbound("c", client, "fin"),
                                               })));
}

INSTANTIATE_TEST_SUITE_P(Modes, RingBeforeTracingTest, ::testing::ValuesIn(kRingModes),
                         [](const auto& one) { return name_of(one.param); });

TEST_F(BeforeTracingTest, AcceptOfA32BitProgramThatWaits) {
  TCPTRAIL_REQUIRE_OF_KERNEL(lacks_32_bit_programs());
  const Shared<Facts> facts;
  const auto outcome = trace_clients_of(*facts, 1, [&](const Gate& listening) {
    const UniqueFd listener = open_listener(*facts);
    facts->server[0].who = own_identity_as_compat32();
    listening.open();
    become_compat32(Compat32::kSocketcallAccept, listener);
  });
  const SocketFact& client = facts->client[0];
  facts->server[0].local = client.remote;
  std::strcpy(facts->listener.who.comm, "compat32");  // as it was called when it was found
  facts->server[0].remote = client.local;
  EXPECT_TRUE(exactly_so(outcome, unless_blind(BlindSpot::kCompatAcceptSinceBefore, story_of(*facts, 1),
                                               {
                                                   older(stopped_listening(facts->listener)),
                                                   attempt("c", client),
                                                   connected("c", client),
                                                   unaccepted("s", facts->listener, client),
                                                   closed_outbound("c", client, "fin"),
                                               })));
}

}  // namespace
}  // namespace tcptrail::test
