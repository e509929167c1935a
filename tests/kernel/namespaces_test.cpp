// Connections in network namespaces other than the tracer's own, seen by one that was told of none.

#include <sys/socket.h>

#include "support/exchange.h"
#include "support/kernel_test.h"

namespace tcptrail::test {
namespace {

class NamespacesTest : public KernelTest {
 protected:
  // Without --netns: the whole machine's. The other processes of the machine connect too, but not in here.
  Outcome trace_everything(const std::function<void()>& scenario) {
    return trace({"-o", "json", "-e", socket_events()}, [&] {
      scenario();
      ns().wait_until_quiet();
      other().wait_until_quiet();
    });
  }

  ::testing::AssertionResult exactly_in_both(const Outcome& outcome, const std::vector<Expected>& expected) {
    const auto mine = [&](const Event& event) {
      const auto netns = event.number("netns").value_or(0);
      return netns == static_cast<std::int64_t>(ns().inode()) ||
             netns == static_cast<std::int64_t>(other().inode());
    };
    return exactly(outcome, expected, {.mine = mine});
  }

  const TestNamespace& other() const { return other_; }

 private:
  TestNamespace other_;
};

// The same addresses and the same port in both: only the namespace tells them apart.
TEST_F(NamespacesTest, TheSameConnectionInTwo) {
  const SockAddr address("127.0.0.1", 5000);
  ExchangeFacts here{}, there{};
  const auto outcome = trace_everything([&] {
    here = exchange(ns(), {.listen_at = address});
    there = exchange(other(), {.listen_at = address});
  });
  ASSERT_NE(here.client.who.netns, there.client.who.netns);
  auto told = ExchangeStory(here, "fin", "fin", " here").all();
  for (auto& expected : ExchangeStory(there, "fin", "fin", " there").all())
    told.push_back(std::move(expected));
  EXPECT_TRUE(exactly_in_both(outcome, told));
}

// Each end is told with the namespace of its own socket.
TEST_F(NamespacesTest, FromOneToTheOther) {
  connect_with_veth(ns(), other(), "near0", "far0");
  ns().add_address("near0", "198.51.100.1", 24);
  other().add_address("far0", "198.51.100.2", 24);
  ns().wait_until_running("near0");
  other().wait_until_running("far0");
  const Shared<ExchangeFacts> facts;
  const auto outcome = trace_everything([&] {
    const Gate listening_gate, accepted_gate;
    Child server = other().spawn([&] {
      const UniqueFd listener = listen_at({"198.51.100.2", 5000});
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
    });
    client.join();
    server.join();
  });
  ASSERT_NE(facts->client.who.netns, facts->server.who.netns);
  EXPECT_TRUE(exactly_in_both(outcome, ExchangeStory(*facts).all()));
}

TEST_F(NamespacesTest, FailuresInTwo) {
  struct Facts {
    SocketFact refused[2];
    SocketFact unreachable[2];
  };
  const Shared<Facts> facts;
  const auto outcome = trace_everything([&] {
    const auto fail = [&](int i) {
      const UniqueFd first = bound_socket({"127.0.0.1", 1234});
      facts->refused[i] = fact_of(first.get(), {"127.0.0.1", kClosedPort});
      demand_connect(first.get(), facts->refused[i].remote, ECONNREFUSED);
      const UniqueFd second = tcp_socket(AF_INET);
      facts->unreachable[i] = fact_of(second.get(), {"192.0.2.1", 80});
      demand_connect(second.get(), facts->unreachable[i].remote, ENETUNREACH);
    };
    ns().spawn([&] { fail(0); }).join();
    other().spawn([&] { fail(1); }).join();
  });
  std::vector<Expected> told;
  for (int i = 0; i < 2; ++i) {
    const auto label = std::to_string(i);
    told.push_back(attempt("refused" + label, facts->refused[i]));
    told.push_back(rejected(facts->refused[i]));
    told.push_back(failed("refused" + label, facts->refused[i], "refused", "ECONNREFUSED"));
    told.push_back(failed("unreachable" + label, facts->unreachable[i], "unreachable", "ENETUNREACH"));
  }
  EXPECT_TRUE(exactly_in_both(outcome, told));
}

// A process that has moved on: what it does with a socket counts where the socket is.
TEST_F(NamespacesTest, SocketOfANamespaceThatTheProcessHasLeft) {
  const Shared<SocketFact> fact;
  const auto outcome = trace_everything([&] {
    ns().spawn([&] {
          const UniqueFd socket = bound_socket({"127.0.0.1", 0});
          *fact = fact_of(socket.get(), {"127.0.0.1", kClosedPort});
          other().enter();
          demand_connect(socket.get(), fact->remote, ECONNREFUSED);
        })
        .join();
  });
  ASSERT_EQ(fact->who.netns, ns().inode());
  EXPECT_TRUE(exactly_in_both(
      outcome, {attempt("c", *fact), rejected(*fact), failed("c", *fact, "refused", "ECONNREFUSED")}));
}

}  // namespace
}  // namespace tcptrail::test
