// Children that share with their parent what a fork() does not: each is a process of its own.

#include <sched.h>
#include <sys/socket.h>

#include "support/exchange.h"
#include "support/kernel_test.h"

namespace tcptrail::test {
namespace {

struct Cloning {
  const char* name;
  int flags;
};

constexpr Cloning kClonings[] = {
    {"Vfork", CLONE_VM | CLONE_VFORK},  // what vfork() is, with a stack of its own
    {"SharingMemoryAndDescriptors", CLONE_VM | CLONE_FILES},
    {"SharingDescriptors", CLONE_FILES},
    {"SharingMemory", CLONE_VM},
};

class ChildrenTest : public KernelTest, public ::testing::WithParamInterface<Cloning> {
 protected:
  static void in_child(const std::function<void()>& body) { run_in_clone(GetParam().flags, body); }
};

TEST_P(ChildrenTest, ChildConnects) {
  ExchangePlan plan;
  const Shared<Identity> child;
  plan.connect = [&](int socket, const SockAddr& target) {
    in_child([&] {
      *child = own_identity();
      demand_connect(socket, target, 0);
    });
  };
  ExchangeFacts facts{};
  const auto outcome = trace_sockets([&] { facts = exchange(ns(), plan); });
  ASSERT_NE(child->pid, facts.client.who.pid);
  facts.client.who = *child;
  EXPECT_TRUE(exactly(outcome, ExchangeStory(facts).all()));
}

// As curl or ssh by popen(): the child's own socket, and no one else's.
TEST_P(ChildrenTest, ChildIsRefused) {
  const Shared<SocketFact> fact;
  const Shared<pid_t> parent;
  const auto outcome = trace_process([&] {
    *parent = own_identity().pid;
    in_child([&] {
      const UniqueFd socket = bound_socket({"127.0.0.1", 0});
      *fact = fact_of(socket.get(), {"127.0.0.1", kClosedPort});
      demand_connect(socket.get(), fact->remote, ECONNREFUSED);
    });
  });
  ASSERT_NE(fact->who.pid, *parent);
  EXPECT_TRUE(exactly(outcome,
                      {attempt("c", *fact), rejected(*fact), failed("c", *fact, "refused", "ECONNREFUSED")}));
}

TEST_P(ChildrenTest, ChildHasNoRoute) {
  const Shared<SocketFact> fact;
  const auto outcome = trace_process([&] {
    in_child([&] {
      const UniqueFd socket = tcp_socket(AF_INET);
      *fact = fact_of(socket.get(), {"192.0.2.1", 80});
      demand_connect(socket.get(), fact->remote, ENETUNREACH);
    });
  });
  EXPECT_TRUE(exactly(outcome, {failed("c", *fact, "unreachable", "ENETUNREACH")}));
}

TEST_P(ChildrenTest, ChildAccepts) {
  const Shared<ExchangeFacts> facts;
  const auto outcome = trace_process([&] {
    const UniqueFd listener = listen_at({"127.0.0.1", 0});
    facts->listener = fact_of(listener.get());
    const UniqueFd client = connect_to(facts->listener.local);
    facts->client = fact_of(client.get());
    in_child([&] {
      const UniqueFd socket = accept_from(listener.get());
      facts->server = fact_of(socket.get());
    });
  });
  ASSERT_NE(facts->server.who.pid, facts->listener.who.pid);
  EXPECT_TRUE(exactly(outcome, ExchangeStory(*facts).all()));
}

INSTANTIATE_TEST_SUITE_P(Clone, ChildrenTest, ::testing::ValuesIn(kClonings),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace tcptrail::test
