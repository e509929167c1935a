// Sockets that go from one process to another: whose is what the one that received it then does with it. (A
// socket that was connected before it was passed on: identity_test.cpp.)

#include <sys/socket.h>

#include "support/exchange.h"
#include "support/kernel_test.h"

namespace tcptrail::test {
namespace {

class PassingTest : public KernelTest {
 protected:
  // `make` in one process, which then ends; `use` with the same socket in another.
  Outcome trace_passed(const std::function<UniqueFd()>& make, const std::function<void(UniqueFd)>& use) {
    return trace_sockets([&] {
      int channel[2];
      check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel), "socketpair");
      const UniqueFd giver(channel[0]);
      const UniqueFd taker(channel[1]);
      ns().spawn([&] { send_descriptor(giver.get(), make().get()); }).join();
      ns().spawn([&] { use(receive_descriptor(taker.get())); }).join();
    });
  }
};

TEST_F(PassingTest, ListenerIsAcceptedFromByTheOther) {
  const Shared<ExchangeFacts> facts;
  const auto outcome = trace_passed(
      [&] {
        UniqueFd listener = listen_at({"127.0.0.1", 0});
        facts->listener = fact_of(listener.get());
        return listener;
      },
      [&](const UniqueFd& listener) {
        const UniqueFd client = connect_to(facts->listener.local);
        facts->client = fact_of(client.get());
        const UniqueFd socket = accept_from(listener.get());
        facts->server = fact_of(socket.get());
      });
  ASSERT_NE(facts->server.who.pid, facts->listener.who.pid);
  EXPECT_TRUE(exactly(outcome, ExchangeStory(*facts).all()));
}

TEST_F(PassingTest, SocketThatTheOtherConnects) {
  const Shared<ExchangeFacts> facts;
  const Shared<pid_t> maker;
  const auto outcome = trace_passed(
      [&] {
        *maker = own_identity().pid;
        return tcp_socket(AF_INET);
      },
      [&](const UniqueFd& client) {
        const UniqueFd listener = listen_at({"127.0.0.1", 0});
        facts->listener = fact_of(listener.get());
        demand_connect(client.get(), facts->listener.local, 0);
        facts->client = fact_of(client.get());
        const UniqueFd socket = accept_from(listener.get());
        facts->server = fact_of(socket.get());
      });
  ASSERT_NE(facts->client.who.pid, *maker);
  EXPECT_TRUE(exactly(outcome, ExchangeStory(*facts).all()));
}

TEST_F(PassingTest, SocketThatTheOtherCannotConnect) {
  const Shared<SocketFact> fact;
  const auto outcome = trace_passed([] { return tcp_socket(AF_INET); },
                                    [&](const UniqueFd& socket) {
                                      *fact = fact_of(socket.get(), {"192.0.2.1", 80});
                                      demand_connect(socket.get(), fact->remote, ENETUNREACH);
                                    });
  EXPECT_TRUE(exactly(outcome, {failed("c", *fact, "unreachable", "ENETUNREACH")}));
}

// Its end is the taker's doing, but it was the giver who made it listen.
TEST_F(PassingTest, ListenerThatTheOtherCloses) {
  const Shared<SocketFact> listener;
  const auto outcome = trace_passed(
      [&] {
        UniqueFd socket = listen_at({"127.0.0.1", 0});
        *listener = fact_of(socket.get());
        return socket;
      },
      [](UniqueFd socket) { socket.reset(); });
  EXPECT_TRUE(exactly(outcome, {listening(*listener, 16), stopped_listening(*listener)}));
}

// Both ends of one attempt: it is begun by the giver, and its failure is collected by the taker.
TEST_F(PassingTest, FailureCollectedByTheOther) {
  const Shared<SocketFact> fact;
  const auto outcome = trace_passed(
      [&] {
        UniqueFd socket = bound_socket({"127.0.0.1", 0}, SOCK_NONBLOCK);
        *fact = fact_of(socket.get(), {"127.0.0.1", kClosedPort});
        demand_connect(socket.get(), fact->remote, EINPROGRESS);
        return socket;
      },
      [&](const UniqueFd& socket) { demand_connect(socket.get(), fact->remote, ECONNREFUSED); });
  EXPECT_TRUE(exactly(outcome,
                      {attempt("c", *fact), rejected(*fact), failed("c", *fact, "refused", "ECONNREFUSED")}));
}

}  // namespace
}  // namespace tcptrail::test
