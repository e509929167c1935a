// TCP Fast Open: a connection that a write makes, with its data in the SYN.

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstring>
#include <string_view>

#include "support/blind_spots.h"
#include "support/cgroup.h"
#include "support/kernel_test.h"
#include "support/no_port_left.h"

namespace tcptrail::test {
namespace {

class FastOpenTest : public KernelTest {
 protected:
  static constexpr std::string_view kText = "twelve bytes";

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

  static void serve(Facts& facts, const Gate& listening_gate, int rounds) {
    const UniqueFd listener = bound_socket({"127.0.0.1", 0});
    const int queue = 16;
    check(::setsockopt(listener.get(), IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof queue), "TCP_FASTOPEN");
    check(::listen(listener.get(), 16), "listen");
    facts.listener = fact_of(listener.get());
    listening_gate.open();
    for (int round = 0; round < rounds; ++round) {
      const UniqueFd socket = accept_from(listener.get());
      receive_bytes(socket.get(), kText.size());
      facts.server[round] = fact_of(socket.get());
      receive_until_end(socket.get());
    }
  }

  // 0 or errno.
  static int try_sendto(int socket, const SockAddr& target, std::string_view text = "x") {
    const auto sent =
        ::sendto(socket, text.data(), text.size(), MSG_FASTOPEN | MSG_NOSIGNAL, target.get(), target.size());
    return sent < 0 ? errno : 0;
  }

  static void demand_sendto(int socket, const SockAddr& target, int wanted_errno) {
    const int got = try_sendto(socket, target);
    demand(got == wanted_errno, std::string("sendto(MSG_FASTOPEN) gave ") + std::strerror(got));
  }

  static void connect_by_sendto(Facts& facts, int round) {
    const UniqueFd socket = tcp_socket(AF_INET);
    demand(try_sendto(socket.get(), facts.listener.local, kText) == 0, "sendto(MSG_FASTOPEN)");
    note_client(facts, round, socket.get());
  }

  // connect() that leaves the SYN to the first write, if it has a cookie.
  static UniqueFd lazy_socket(const SockAddr& address) {
    UniqueFd socket = bound_socket(address);
    const int on = 1;
    check(::setsockopt(socket.get(), IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof on),
          "TCP_FASTOPEN_CONNECT");
    return socket;
  }

  static void connect_by_write(Facts& facts, int round) {
    const UniqueFd socket = lazy_socket({"127.0.0.1", 0});
    demand_connect(socket.get(), facts.listener.local, 0);
    check(::send(socket.get(), kText.data(), kText.size(), MSG_NOSIGNAL), "send");
    note_client(facts, round, socket.get());
  }

  static void note_client(Facts& facts, int round, int socket) {
    facts.client[round] = fact_of(socket);
    tcp_info info{};
    socklen_t length = sizeof info;
    check(::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length), "TCP_INFO");
    facts.data_in_syn[round] = (info.tcpi_options & TCPI_OPT_SYN_DATA) != 0;
  }

  // Two connections in turn: the first asks for a cookie, the second has one.
  void expect_two_connections(void (*connect)(Facts& facts, int round)) {
    const Shared<Facts> facts;
    const auto outcome = trace_sockets([&] {
      const Gate listening_gate;
      Child server = ns().spawn([&] { serve(*facts, listening_gate, 2); });
      Child client = ns().spawn([&] {
        listening_gate.wait();
        connect(*facts, 0);
        connect(*facts, 1);
      });
      client.join();
      server.join();
    });
    EXPECT_FALSE(facts->data_in_syn[0]);
    EXPECT_TRUE(facts->data_in_syn[1]) << "the second connection was to carry its data in the SYN";
    EXPECT_TRUE(exactly(outcome, story_of(*facts)));
  }

  static std::vector<Expected> story_of(const Facts& facts, int rounds = 2) {
    std::vector<Expected> told{listening(facts.listener, 16), stopped_listening(facts.listener)};
    for (int round = 0; round < rounds; ++round) {
      const auto c = "c" + std::to_string(round);
      const auto s = "s" + std::to_string(round);
      told.push_back(attempt(c, facts.client[round]));
      told.push_back(connected(c, facts.client[round]));
      told.push_back(accepted(s, facts.server[round]));
      told.push_back(
          closed_outbound(c, facts.client[round], "fin").with("bytes_out", kText.size()).with("bytes_in", 0));
      told.push_back(
          closed_inbound(s, facts.server[round], "fin").with("bytes_in", kText.size()).with("bytes_out", 0));
    }
    return told;
  }

  // After a connection that brought a cookie: a socket that has connected and not sent its SYN, for `use`.
  Outcome trace_unsent(Facts& facts, const std::function<void(int)>& use) {
    return trace_sockets([&] {
      const Gate listening_gate;
      Child server = ns().spawn([&] { serve(facts, listening_gate, 1); });
      ns().spawn([&] {
            listening_gate.wait();
            connect_by_sendto(facts, 0);
            const UniqueFd socket = lazy_socket({"127.0.0.1", 0});
            facts.client[1] = fact_of(socket.get(), {"127.0.0.1", kClosedPort});
            demand_connect(socket.get(), facts.client[1].remote, 0);
            use(socket.get());
          })
          .join();
      server.join();
    });
  }

  // sendto() that ends before the SYN, and a plain connect() after it: silence is not a tracer that sees
  // nothing.
  Outcome trace_failing(
      SocketFact& fact, SocketFact& plain, int wanted_errno, const std::function<void()>& prepare = [] {}) {
    return trace_process([&] {
      prepare();
      const SockAddr nowhere("192.0.2.1", 80);
      const UniqueFd socket = tcp_socket(AF_INET);
      fact = fact_of(socket.get(), nowhere);
      demand_sendto(socket.get(), nowhere, wanted_errno);
      const UniqueFd plain_socket = tcp_socket(AF_INET);
      plain = fact_of(plain_socket.get(), nowhere);
      demand_connect(plain_socket.get(), nowhere, wanted_errno);
    });
  }
};

TEST_F(FastOpenTest, WithoutAndWithACookie) { expect_two_connections(connect_by_sendto); }

TEST_F(FastOpenTest, ConnectThatLeavesTheSynToTheFirstWrite) { expect_two_connections(connect_by_write); }

TEST_F(FastOpenTest, RefusedAtTheFirstWrite) {
  const Shared<Facts> facts;
  const auto outcome = trace_unsent(*facts, [](int socket) {
    demand(::send(socket, "x", 1, MSG_NOSIGNAL) < 0 && errno == ECONNREFUSED, "write to a closed port");
  });
  auto told = story_of(*facts, 1);
  told.push_back(attempt("c", facts->client[1]));
  told.push_back(rejected(facts->client[1]));
  told.push_back(failed("c", facts->client[1], "refused", "ECONNREFUSED"));
  EXPECT_TRUE(exactly(outcome, told));
}

TEST_F(FastOpenTest, ClosedBeforeTheFirstWrite) {
  const Shared<Facts> facts;
  const auto outcome = trace_unsent(*facts, [](int) {});
  auto told = story_of(*facts, 1);
  told.push_back(attempt("c", facts->client[1]));
  told.push_back(failed("c", facts->client[1], "aborted", ""));
  EXPECT_TRUE(exactly(outcome, told));
}

TEST_F(FastOpenTest, RefusedIsToldOnce) {
  const Shared<SocketFact> fact;
  const auto outcome = trace_process([&] {
    const UniqueFd socket = bound_socket({"127.0.0.1", 0});
    *fact = fact_of(socket.get(), {"127.0.0.1", kClosedPort});
    demand_sendto(socket.get(), fact->remote, ECONNREFUSED);
  });
  EXPECT_TRUE(exactly(outcome,
                      {attempt("c", *fact), rejected(*fact), failed("c", *fact, "refused", "ECONNREFUSED")}));
}

TEST_F(FastOpenTest, NoRoute) {
  const Shared<SocketFact> fact, plain;
  const auto outcome = trace_failing(*fact, *plain, ENETUNREACH);
  const auto last = failed("plain", *plain, "unreachable", "ENETUNREACH");
  const auto missed = failed("c", *fact, "unreachable", "ENETUNREACH").absent("latency_us");
  EXPECT_TRUE(exactly(outcome, unless_blind(BlindSpot::kFastOpenFailureBeforeSyn, {missed, last}, {last})));
}

TEST_F(FastOpenTest, DeniedByACgroupProgram) {
  TCPTRAIL_REQUIRE(lacks_cgroup_programs());
  const TestCgroup cgroup;
  const ConnectDenial denial(cgroup);
  const Shared<SocketFact> fact, plain;
  const auto outcome = trace_failing(*fact, *plain, EPERM, [&] { cgroup.enter(); });
  const auto last = failed("plain", *plain, "denied", "EPERM");
  const auto missed = failed("c", *fact, "denied", "EPERM").absent("latency_us");
  EXPECT_TRUE(exactly(outcome, unless_blind(BlindSpot::kFastOpenDenied, {missed, last}, {last})));
}

TEST_F(FastOpenTest, NoLocalPortLeft) {
  leave_one_port(ns());
  const Shared<NoPortLeftFacts> facts;
  const auto outcome = trace_process([&] {
    run_out_of_ports(*facts, [](const UniqueFd& socket, const SockAddr& target) {
      demand_sendto(socket.get(), target, EADDRNOTAVAIL);
    });
  });
  EXPECT_TRUE(exactly(outcome, unless_blind(BlindSpot::kFastOpenFailureWithoutSocketError,
                                            no_port_left(*facts, "address", "EADDRNOTAVAIL"),
                                            no_port_left(*facts, "other", ""))));
}

}  // namespace
}  // namespace tcptrail::test
