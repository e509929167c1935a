// Whose connection it is: process, thread, user, group, name, cgroup, namespace.

#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "support/cgroup.h"
#include "support/exchange.h"
#include "support/family.h"
#include "support/kernel_test.h"

namespace tcptrail::test {
namespace {

using IdentityTest = KernelTest;

// The refused attempt of the calling thread, as the shortest event with an owner.
void be_refused(SocketFact& fact) {
  const UniqueFd socket = bound_socket({"127.0.0.1", 0});
  fact = fact_of(socket.get(), {"127.0.0.1", kClosedPort});
  demand_connect(socket.get(), fact.remote, ECONNREFUSED);
}

std::vector<Expected> refused(const SocketFact& fact) {
  return {attempt("c", fact), rejected(fact), failed("c", fact, "refused", "ECONNREFUSED")};
}

TEST_F(IdentityTest, ConnectFromAThread) {
  const Shared<SocketFact> fact;
  const Shared<pid_t> process;
  const auto outcome = trace_process([&] {
    *process = ::getpid();
    std::thread worker([&] {
      ::prctl(PR_SET_NAME, "net-worker");
      be_refused(*fact);
    });
    worker.join();
  });
  ASSERT_NE(fact->who.tid, *process);
  EXPECT_EQ(fact->who.pid, *process);
  EXPECT_TRUE(exactly(outcome, refused(*fact)));
}

TEST_F(IdentityTest, AcceptInAThread) {
  ExchangePlan plan;
  const Shared<Identity> acceptor;
  plan.accept = [&](int listener) {
    UniqueFd socket;
    std::thread worker([&] {
      ::prctl(PR_SET_NAME, "acceptor");
      *acceptor = own_identity();
      socket = accept_from(listener);
    });
    worker.join();
    return socket;
  };
  ExchangeFacts facts{};
  const auto outcome = trace_sockets([&] { facts = exchange(ns(), plan); });
  facts.server.who = *acceptor;
  ASSERT_NE(acceptor->tid, acceptor->pid);
  EXPECT_TRUE(exactly(outcome, ExchangeStory(facts).all()));
}

TEST_F(IdentityTest, EffectiveUserAndGroup) {
  const Shared<SocketFact> fact;
  const auto outcome = trace_process([&] {
    check(::setegid(65533), "setegid");
    check(::seteuid(65534), "seteuid");
    be_refused(*fact);
  });
  ASSERT_EQ(fact->who.uid, 65534U);
  EXPECT_TRUE(exactly(outcome, refused(*fact)));
}

TEST_F(IdentityTest, CgroupOfItsOwn) {
  TCPTRAIL_REQUIRE(lacks_cgroup());
  const TestCgroup cgroup;
  const Shared<SocketFact> fact;
  const auto outcome = trace_process([&] {
    cgroup.enter();
    be_refused(*fact);
  });
  ASSERT_EQ(fact->who.cgroup, cgroup.id());
  EXPECT_TRUE(exactly(outcome, refused(*fact)));
}

// Who connected stays the owner, also when another process holds the socket and closes it.
TEST_F(IdentityTest, SocketPassedToAnotherProcess) {
  struct Facts {
    SocketFact listener, server, client;
  };
  const Shared<Facts> facts;
  const auto outcome = trace_sockets([&] {
    int channel[2];
    check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel), "socketpair");
    const UniqueFd giver_end(channel[0]);
    const UniqueFd taker_end(channel[1]);
    const Gate listening_gate;
    Child server = ns().spawn([&] {
      const UniqueFd listener = listen_at({"127.0.0.1", 0});
      facts->listener = fact_of(listener.get());
      listening_gate.open();
      const UniqueFd socket = accept_from(listener.get());
      facts->server = fact_of(socket.get());
      receive_until_end(socket.get());
    });
    Child giver = ns().spawn([&] {
      listening_gate.wait();
      const UniqueFd socket = connect_to(facts->listener.local);
      facts->client = fact_of(socket.get());
      send_descriptor(giver_end.get(), socket.get());
    });
    giver.join();
    Child taker = ns().spawn([&] {
      const UniqueFd socket = receive_descriptor(taker_end.get());
      send_bytes(socket.get(), 10);
    });
    taker.join();
    server.join();
  });
  EXPECT_TRUE(exactly(outcome, {
                                   listening(facts->listener, 16),
                                   attempt("c", facts->client),
                                   connected("c", facts->client),
                                   accepted("s", facts->server),
                                   closed_outbound("c", facts->client, "fin").with("bytes_out", 10),
                                   closed_inbound("s", facts->server, "fin").with("bytes_in", 10),
                                   stopped_listening(facts->listener),
                               }));
}

TEST_F(IdentityTest, KilledProcessOwnsTheEndOfItsConnection) {
  const Shared<ExchangeFacts> facts;
  const auto outcome = trace_sockets([&] {
    const Gate listening_gate, accepted_gate, connected_gate;
    Child server = ns().spawn([&] {
      const UniqueFd listener = listen_at({"127.0.0.1", 0}, kExchangeBacklog);
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
      connected_gate.open();
      receive_until_end(socket.get());
    });
    connected_gate.wait();
    accepted_gate.wait();
    client.kill_and_reap();
    server.join();
  });
  EXPECT_TRUE(exactly(outcome, ExchangeStory(*facts).all()));
}

TEST_F(IdentityTest, ProcessIdsOfTheInitialNamespace) {
  const Shared<SocketFact> fact;
  const Shared<pid_t> outer;
  const auto outcome = trace_process([&] {
    check(::unshare(CLONE_NEWPID), "unshare(CLONE_NEWPID)");
    Child inner = spawn([&] { be_refused(*fact); });
    *outer = inner.pid();
    inner.join();
  });
  ASSERT_EQ(fact->who.pid, 1) << "the scenario was to have a pid namespace of its own";
  fact->who.pid = fact->who.tid = *outer;
  auto expected = refused(*fact);
  expected[0].with_if_present("ns_pid", 1);
  expected[2].with_if_present("ns_pid", 1);
  EXPECT_TRUE(exactly(outcome, expected));
}

TEST_F(IdentityTest, TimesAreWhenItHappened) {
  const auto utc = [] {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    tm parts{};
    ::gmtime_r(&now.tv_sec, &parts);
    char text[32], nanoseconds[16];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    std::snprintf(nanoseconds, sizeof nanoseconds, ".%09ldZ", now.tv_nsec);
    return std::string(text) + nanoseconds;
  };
  const Shared<SocketFact> fact;
  std::string before, after;
  const auto outcome = trace_sockets([&] {
    before = utc();
    ns().spawn([&] { be_refused(*fact); }).join();
    after = utc();
    sleep_for(Seconds(0.2));
  });
  // A fixed-width UTC text sorts as time does. The kernel's clock is converted once, so a little slack is
  // fair.
  const auto events = outcome.events();
  ASSERT_EQ(events.size(), sees_rejects() ? 3U : 2U) << outcome.report();
  for (const auto& event : events) {
    EXPECT_GE(event.text("time").substr(0, 22), before.substr(0, 22)) << event.line();
    EXPECT_LE(event.text("time").substr(0, 22), after.substr(0, 22)) << event.line();
  }
}

}  // namespace
}  // namespace tcptrail::test
