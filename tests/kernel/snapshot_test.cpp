// Sockets that exist when tracing begins, in a network namespace that the tracer is not in: what is told of
// them then, and what is told of them later.

#include <poll.h>
#include <sys/socket.h>

#include "support/both_ends.h"
#include "support/kernel_test.h"
#include "support/silent_peer.h"

namespace tcptrail::test {
namespace {

// Without `pending`: how often a SYN is sent again depends on how long the tracer takes to start.
const std::vector<std::string> kAsked{"-e",
                                      "attempt,connect,fail,accept,close,reject,listen,unlisten,snapshot"};

class SnapshotTest : public KernelTest {
 protected:
  struct Facts : BothEndsFacts {
    SocketFact late_client, late_server;
  };

  Outcome trace_with_snapshot(const std::function<void(const Pause& until_traced)>& body) {
    return trace_from_the_middle(body, kAsked);
  }

  static std::vector<Expected> listed_in_state(const Facts& facts, std::string_view client_state,
                                               std::string_view server_state) {
    return {listed("l", facts.listener, "listen"), listed("c", facts.client, client_state),
            listed("s", facts.server, server_state), listed_before(stopped_listening(facts.listener, "l"))};
  }

  static std::vector<Expected> joined(std::vector<Expected> left, std::vector<Expected> right) {
    for (auto& one : right) left.push_back(std::move(one));
    return left;
  }

  void expect_both_ends(const SockAddr& address, int protocol = IPPROTO_TCP) {
    const Shared<Facts> facts;
    const auto outcome = trace_with_snapshot([&](const Pause& until_traced) {
      BothEnds ends = connect_both_ends(*facts, address, protocol);
      until_traced();
      send_bytes(ends.client.get(), 9);
      receive_bytes(ends.server.get(), 9);
      check(::shutdown(ends.client.get(), SHUT_WR), "shutdown");
      receive_until_end(ends.server.get());
      ends.server.reset();
      receive_until_end(ends.client.get());
    });
    const auto told = joined(listed_in_state(*facts, "established", "established"),
                             {listed_before(closed_outbound("c", facts->client, "fin")).with("bytes_out", 9),
                              listed_before(closed_inbound("s", facts->server, "fin")).with("bytes_in", 9)});
    EXPECT_TRUE(exactly_so(outcome, told));
  }
};

// Each by the process that has it; what passed before counts too.
TEST_F(SnapshotTest, ListenerAndBothEndsOfAConnectionOfTwoProcesses) {
  const Shared<Facts> facts;
  const Gate listening, served, traced;
  Child server = ns().spawn([&] {
    const UniqueFd listener = listen_at({"127.0.0.1", 0});
    facts->listener = fact_of(listener.get());
    listening.open();
    UniqueFd socket = accept_from(listener.get());
    facts->server = fact_of(socket.get());
    receive_bytes(socket.get(), 5);
    served.open();
    traced.wait();
    send_bytes(socket.get(), 20);
    receive_until_end(socket.get());
  });
  Child client = ns().spawn([&] {
    listening.wait();
    const UniqueFd socket = connect_to(facts->listener.local);
    facts->client = fact_of(socket.get());
    send_bytes(socket.get(), 5);
    traced.wait();
    receive_bytes(socket.get(), 20);
    send_bytes(socket.get(), 9);
  });
  served.wait();
  const auto outcome = trace_json(kAsked, [&] {
    traced.open();
    client.join();
    server.join();
  });
  ASSERT_NE(facts->client.who.pid, facts->server.who.pid);
  ASSERT_NE(ns().inode(), current_netns());
  EXPECT_TRUE(exactly_so(outcome, joined(listed_in_state(*facts, "established", "established"),
                                         {listed_before(closed_outbound("c", facts->client, "fin"))
                                              .with("bytes_out", 14)
                                              .with("bytes_in", 20),
                                          listed_before(closed_inbound("s", facts->server, "fin"))
                                              .with("bytes_out", 20)
                                              .with("bytes_in", 14)})));
}

TEST_F(SnapshotTest, Ipv6) {
  TCPTRAIL_REQUIRE(lacks_ipv6());
  expect_both_ends({"::1", 0});
}

TEST_F(SnapshotTest, Ipv4ThatIpv6SocketsSpeak) {
  TCPTRAIL_REQUIRE(lacks_ipv6());
  expect_both_ends({"::ffff:127.0.0.1", 0});
}

// Told is the subflow.
TEST_F(SnapshotTest, Mptcp) {
  TCPTRAIL_REQUIRE(lacks_mptcp());
  const Shared<Facts> facts;
  const auto outcome = trace_with_snapshot([&](const Pause& until_traced) {
    const BothEnds ends = connect_both_ends(*facts, {"127.0.0.1", 0}, kMptcp);
    until_traced();
  });
  EXPECT_TRUE(
      exactly_so(outcome, joined(listed_in_state(*facts, "established", "established"),
                                 {listed_before(closed_outbound("c", facts->client, "fin")).present("end"),
                                  listed_before(closed_inbound("s", facts->server, "fin")).present("end")})));
}

TEST_F(SnapshotTest, HalfClosed) {
  const Shared<Facts> facts;
  const auto outcome = trace_with_snapshot([&](const Pause& until_traced) {
    BothEnds ends = connect_both_ends(*facts);
    check(::shutdown(ends.client.get(), SHUT_WR), "shutdown");
    receive_until_end(ends.server.get());
    until_traced();
    send_bytes(ends.server.get(), 7);
    ends.server.reset();
    receive_bytes(ends.client.get(), 7);
    receive_until_end(ends.client.get());
  });
  EXPECT_TRUE(exactly_so(
      outcome, joined(listed_in_state(*facts, "fin_wait2", "close_wait"),
                      {listed_before(closed_outbound("c", facts->client, "fin")).with("bytes_in", 7),
                       listed_before(closed_inbound("s", facts->server, "fin")).with("bytes_out", 7)})));
}

TEST_F(SnapshotTest, AttemptThatIsGivenUpLater) {
  const SilentPeer peer(ns());
  ns().set_sysctl("ipv4/tcp_syn_retries", "6");
  const Shared<SocketFact> fact;
  const auto outcome = trace_with_snapshot([&](const Pause& until_traced) {
    const UniqueFd socket = bound_socket({"198.51.100.1", 0}, SOCK_NONBLOCK);
    demand_connect(socket.get(), peer.address(), EINPROGRESS);
    *fact = fact_of(socket.get(), peer.address());
    until_traced();
  });
  EXPECT_TRUE(exactly_so(outcome, {listed("c", *fact, "syn_sent").with("direction", "outbound"),
                                   listed_before(failed("c", *fact, "aborted", ""))}));
}

// A listener whose backlog is full swallows the SYN until there is room.
TEST_F(SnapshotTest, AttemptThatSucceedsLater) {
  const Shared<Facts> facts;
  const auto outcome = trace_with_snapshot([&](const Pause& until_traced) {
    const UniqueFd listener = listen_at({"127.0.0.1", 0}, 0);
    facts->listener = fact_of(listener.get());
    UniqueFd first = connect_to(facts->listener.local);
    facts->client = fact_of(first.get());
    UniqueFd late = bound_socket({"127.0.0.1", 0}, SOCK_NONBLOCK);
    demand_connect(late.get(), facts->listener.local, EINPROGRESS);
    facts->late_client = fact_of(late.get(), facts->listener.local);
    until_traced();
    UniqueFd server = accept_from(listener.get());
    facts->server = fact_of(server.get());
    demand(poll_for(late.get(), POLLOUT, Seconds(15)), "no SYN was answered");
    UniqueFd late_server = accept_from(listener.get());
    facts->late_server = fact_of(late_server.get());
    first.reset();
    receive_until_end(server.get());
    late.reset();
    receive_until_end(late_server.get());
  });
  EXPECT_TRUE(exactly_so(
      outcome, {
                   listed("l", facts->listener, "listen"),
                   listed("c", facts->client, "established"),
                   listed("c2", facts->late_client, "syn_sent"),
                   accepted("s", facts->server).absent("backlog_us"),
                   listed_before(connected("c2", facts->late_client)),
                   accepted("s2", facts->late_server),
                   listed_before(closed_outbound("c", facts->client, "fin")),
                   closed_inbound("s", facts->server, "fin").absent("duration_us"),
                   // Since when it was established was seen.
                   listed_before(closed_outbound("c2", facts->late_client, "fin")).present("duration_us"),
                   closed_inbound("s2", facts->late_server, "fin"),
                   listed_before(stopped_listening(facts->listener, "l")),
               }));
}

}  // namespace
}  // namespace tcptrail::test
