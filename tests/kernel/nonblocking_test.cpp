// Attempts that outlive the call that made them: told once, whatever is called afterwards.

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/time.h>

#include "support/exchange.h"
#include "support/kernel_test.h"
#include "support/silent_peer.h"

namespace tcptrail::test {
namespace {

class NonblockingTest : public KernelTest {
 protected:
  // A non-blocking connect() to a closed port, and what the program then does to hear of the failure.
  Outcome trace_refused(SocketFact& fact, const std::function<void(int, const SockAddr&)>& collect) {
    return trace_process([&] {
      const UniqueFd socket = bound_socket({"127.0.0.1", 0}, SOCK_NONBLOCK);
      const SockAddr target("127.0.0.1", kClosedPort);
      fact = fact_of(socket.get(), target);
      demand_connect(socket.get(), target, EINPROGRESS);
      demand(poll_for(socket.get(), POLLOUT, Seconds(5)), "no answer to a connect over loopback");
      collect(socket.get(), target);
    });
  }

  static std::vector<Expected> refused_once(const SocketFact& fact) {
    return {attempt("c", fact), rejected(fact), failed("c", fact, "refused", "ECONNREFUSED")};
  }
};

TEST_F(NonblockingTest, SuccessIsNoFailure) {
  struct Facts {
    SocketFact listener, client;
  };
  const Shared<Facts> facts;
  const auto outcome = trace_process([&] {
    const UniqueFd listener = listen_at({"127.0.0.1", 0});
    facts->listener = fact_of(listener.get());
    const UniqueFd socket = tcp_socket(AF_INET, SOCK_NONBLOCK);
    demand_connect(socket.get(), facts->listener.local, EINPROGRESS);
    demand(poll_for(socket.get(), POLLOUT, Seconds(5)), "no answer to a connect over loopback");
    facts->client = fact_of(socket.get());
    demand(pending_error(socket.get()) == 0, "SO_ERROR");
    demand_connect(socket.get(), facts->listener.local, 0);
    demand_connect(socket.get(), facts->listener.local, EISCONN);
  });
  EXPECT_TRUE(exactly(outcome, {
                                   listening(facts->listener, 16),
                                   attempt("c", facts->client),
                                   connected("c", facts->client),
                                   closed_outbound("c", facts->client, "fin").present("end"),
                                   closed_unaccepted("s", facts->listener, facts->client),
                                   stopped_listening(facts->listener),
                               }));
}

TEST_F(NonblockingTest, FailureReadFromSoErrorIsToldOnce) {
  const Shared<SocketFact> fact;
  const auto outcome = trace_refused(
      *fact, [](int socket, const SockAddr&) { demand(pending_error(socket) == ECONNREFUSED, "SO_ERROR"); });
  EXPECT_TRUE(exactly(outcome, refused_once(*fact)));
}

TEST_F(NonblockingTest, FailureCollectedByASecondConnectIsToldOnce) {
  const Shared<SocketFact> fact;
  const auto outcome = trace_refused(
      *fact, [](int socket, const SockAddr& target) { demand_connect(socket, target, ECONNREFUSED); });
  EXPECT_TRUE(exactly(outcome, refused_once(*fact)));
}

// After SO_ERROR has been read, the second connect() only ends the first with ECONNABORTED.
TEST_F(NonblockingTest, ConnectAfterSoErrorIsNoAttemptOfItsOwn) {
  const Shared<SocketFact> fact;
  const auto outcome = trace_refused(*fact, [](int socket, const SockAddr& target) {
    demand(pending_error(socket) == ECONNREFUSED, "SO_ERROR");
    demand_connect(socket, target, ECONNABORTED);
  });
  EXPECT_TRUE(exactly(outcome, refused_once(*fact)));
}

TEST_F(NonblockingTest, AlreadyUnderWayIsNotTold) {
  const SilentPeer peer(ns());
  const Shared<SocketFact> fact;
  const auto outcome = trace_process([&] {
    const UniqueFd socket = bound_socket({"198.51.100.1", 0}, SOCK_NONBLOCK);
    *fact = fact_of(socket.get(), peer.address());
    demand_connect(socket.get(), peer.address(), EINPROGRESS);
    demand_connect(socket.get(), peer.address(), EALREADY);
  });
  EXPECT_TRUE(
      exactly(outcome, {attempt("c", *fact), failed("c", *fact, "aborted", "").present("latency_us")}));
}

TEST_F(NonblockingTest, KilledWhileConnecting) {
  const SilentPeer peer(ns());
  const Shared<SocketFact> fact;
  const auto outcome = trace_sockets([&] {
    const Gate about_to_connect;
    Child client = ns().spawn([&] {
      const UniqueFd socket = bound_socket({"198.51.100.1", 0});
      *fact = fact_of(socket.get(), peer.address());
      about_to_connect.open();
      try_connect(socket.get(), peer.address());
    });
    about_to_connect.wait();
    sleep_for(Seconds(0.2));
    client.kill_and_reap();
  });
  EXPECT_TRUE(
      exactly(outcome, {attempt("c", *fact), failed("c", *fact, "aborted", "").present("latency_us")}));
}

// EINTR leaves the attempt running; only the close() ends it.
TEST_F(NonblockingTest, InterruptedConnectGoesOn) {
  const SilentPeer peer(ns());
  const Shared<SocketFact> fact;
  const auto outcome = trace_process([&] {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    check(::sigaction(SIGUSR1, &action, nullptr), "sigaction");
    const pid_t self = ::getpid();
    Child disturber = spawn([&] {
      sleep_for(Seconds(0.2));
      ::kill(self, SIGUSR1);
    });
    const UniqueFd socket = bound_socket({"198.51.100.1", 0});
    *fact = fact_of(socket.get(), peer.address());
    demand_connect(socket.get(), peer.address(), EINTR);
    disturber.join();
  });
  EXPECT_TRUE(
      exactly(outcome, {attempt("c", *fact), failed("c", *fact, "aborted", "").present("latency_us")}));
}

TEST_F(NonblockingTest, SendTimeoutDuringConnectIsNoFailureYet) {
  const SilentPeer peer(ns());
  const Shared<SocketFact> fact;
  const auto outcome = trace_process([&] {
    const UniqueFd socket = bound_socket({"198.51.100.1", 0});
    const timeval limit{0, 200'000};
    check(::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit), "SO_SNDTIMEO");
    *fact = fact_of(socket.get(), peer.address());
    demand_connect(socket.get(), peer.address(), EINPROGRESS);
  });
  EXPECT_TRUE(
      exactly(outcome, {attempt("c", *fact), failed("c", *fact, "aborted", "").present("latency_us")}));
}

}  // namespace
}  // namespace tcptrail::test
