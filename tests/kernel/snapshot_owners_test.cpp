// Whose the sockets are that exist when tracing begins, and that each is told once.

#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "support/accounting.h"
#include "support/both_ends.h"
#include "support/kernel_test.h"

namespace tcptrail::test {
namespace {

class SnapshotOwnersTest : public KernelTest {
 protected:
  static std::string with_snapshot() { return std::string(socket_events()) + ",snapshot"; }

  using Facts = BothEndsFacts;

  // Opens the gate when it has both ends of a connection, and ends it when `until` is open.
  Child spawn_holder(Facts& facts, const Gate& ready, const Gate& until) {
    return ns().spawn([&] {
      BothEnds ends = connect_both_ends(facts);
      ready.open();
      until.wait();
      ends.client.reset();
      receive_until_end(ends.server.get());
    });
  }

  static std::vector<Expected> beginnings(const Facts& facts, const std::string& suffix = "") {
    return {listed("l" + suffix, facts.listener, "listen"), listed("c" + suffix, facts.client, "established"),
            listed("s" + suffix, facts.server, "established")};
  }

  static std::vector<Expected> ends_of(const Facts& facts, const std::string& suffix = "") {
    return {listed_before(closed_outbound("c" + suffix, facts.client, "fin")),
            listed_before(closed_inbound("s" + suffix, facts.server, "fin")),
            listed_before(stopped_listening(facts.listener, "l" + suffix))};
  }

  static std::vector<Expected> story_of(const Facts& facts, const std::string& suffix = "") {
    auto told = beginnings(facts, suffix);
    for (auto& end : ends_of(facts, suffix)) told.push_back(std::move(end));
    return told;
  }
};

TEST_F(SnapshotOwnersTest, DuplicatesAndInheritedDescriptorsAreOneSocket) {
  const Shared<Facts> facts;
  const auto outcome = trace_from_the_middle(
      [&](const Pause& until_traced) {
        BothEnds ends = connect_both_ends(*facts);
        const UniqueFd copy(check(::dup(ends.client.get()), "dup"));
        const UniqueFd another(check(::dup(ends.server.get()), "dup"));
        const Gate traced;
        Child first = spawn([&] { traced.wait(); });
        Child second = spawn([&] { traced.wait(); });
        until_traced();
        traced.open();
        first.join();
        second.join();
      },
      {"-e", with_snapshot()});
  auto told = beginnings(*facts);
  // Which end closes first is the order of the destructors.
  told.push_back(listed_before(closed_outbound("c", facts->client, "fin")).present("end"));
  told.push_back(listed_before(closed_inbound("s", facts->server, "fin")).present("end"));
  told.push_back(listed_before(stopped_listening(facts->listener, "l")));
  EXPECT_TRUE(exactly_so(outcome, told));
}

// Nobody asked for a list, but whose the older sockets are is known all the same.
TEST_F(SnapshotOwnersTest, AreKnownWithoutAskingForASnapshot) {
  const Shared<Facts> facts;
  const Gate ready, traced;
  Child holder = spawn_holder(*facts, ready, traced);
  ready.wait();
  const auto outcome = trace_json({"-e", socket_events()}, [&] {
    traced.open();
    holder.join();
  });
  EXPECT_TRUE(exactly_so(outcome, ends_of(*facts)));
}

TEST_F(SnapshotOwnersTest, NoListOfWhatOneIsNotAskedAbout) {
  const Shared<Facts> facts;
  const Gate ready, traced;
  Child holder = spawn_holder(*facts, ready, traced);
  ready.wait();
  const auto outcome = trace_json({"-e", "connect", "--stats"}, [&] {
    traced.open();
    holder.join();
  });
  EXPECT_TRUE(exactly_so(outcome, {}));
  EXPECT_EQ(Accounting(outcome).at("seen", "snapshot"), 0) << outcome.report();
}

TEST_F(SnapshotOwnersTest, FilterOnTheProcess) {
  const Shared<Facts> facts, others;
  const Gate ready, others_ready, traced;
  Child holder = spawn_holder(*facts, ready, traced);
  Child other = spawn_holder(*others, others_ready, traced);
  ready.wait();
  others_ready.wait();
  const auto outcome =
      trace_json({"-e", with_snapshot(), "--stats", "-p", std::to_string(holder.pid())}, [&] {
        traced.open();
        holder.join();
        other.join();
      });
  EXPECT_TRUE(exactly_so(outcome, story_of(*facts)));
  EXPECT_TRUE(accounts_close(outcome));
  EXPECT_EQ(Accounting(outcome).at("emitted", "snapshot"), 3) << outcome.report();
  EXPECT_GE(Accounting(outcome).at("filtered", "snapshot"), 3) << outcome.report();
}

TEST_F(SnapshotOwnersTest, FilterOnThePort) {
  const Shared<Facts> facts, others;
  const Gate ready, others_ready, traced;
  Child holder = spawn_holder(*facts, ready, traced);
  Child other = spawn_holder(*others, others_ready, traced);
  ready.wait();
  others_ready.wait();
  const auto port = std::to_string(facts->listener.local.port());
  const auto outcome = trace_json({"-e", with_snapshot(), "--stats", "-P", port}, [&] {
    traced.open();
    holder.join();
    other.join();
  });
  EXPECT_TRUE(exactly_so(outcome, story_of(*facts)));
  EXPECT_TRUE(accounts_close(outcome));
}

// The listener was found, so whose an unaccepted connection is can be told.
TEST_F(SnapshotOwnersTest, ConnectionThatTheListenerNeverAccepts) {
  const Shared<Facts> facts;
  const Shared<SocketFact> late;
  const auto outcome = trace_from_the_middle(
      [&](const Pause& until_traced) {
        BothEnds ends = connect_both_ends(*facts);
        until_traced();
        UniqueFd client = connect_to(facts->listener.local);
        *late = fact_of(client.get());
        client.reset();
        ends.client.reset();
        receive_until_end(ends.server.get());
      },
      {"-e", with_snapshot()});
  auto told = story_of(*facts);
  told.push_back(attempt("late", *late));
  told.push_back(connected("late", *late));
  told.push_back(closed_outbound("late", *late, "fin").present("end"));
  told.push_back(closed_unaccepted("unaccepted", facts->listener, *late));
  EXPECT_TRUE(exactly_so(outcome, told));
}

// In the queue when tracing began, so nobody's; reset there, and then accepted: its close is told once.
TEST_F(SnapshotOwnersTest, QueuedConnectionThatIsAcceptedAfterItsEnd) {
  const Shared<Facts> facts;
  const auto outcome = trace_from_the_middle(
      [&](const Pause& until_traced) {
        const UniqueFd listener = listen_at({"127.0.0.1", 0});
        facts->listener = fact_of(listener.get());
        UniqueFd client = connect_to(facts->listener.local);
        facts->client = fact_of(client.get());
        until_traced();
        close_with_reset(std::move(client));
        const UniqueFd server = accept_from(listener.get());
        facts->server = fact_of(server.get());
        facts->server.remote = facts->client.local;
      },
      {"-e", with_snapshot()});
  EXPECT_TRUE(
      exactly_so(outcome, {listed("l", facts->listener, "listen"), listed("c", facts->client, "established"),
                           listed_before(closed_outbound("c", facts->client, "reset_local")),
                           older(closed_unaccepted("s", facts->listener, facts->client))
                               .with("owner", "listener")
                               .with("pid", facts->listener.who.pid),
                           accepted("s", facts->server).absent("backlog_us"),
                           listed_before(stopped_listening(facts->listener, "l"))}));
}

// Nor is its failing connect() an attempt of TCP.
TEST_F(SnapshotOwnersTest, RawSocketOfTcpIsNoConnection) {
  const auto outcome = trace_from_the_middle(
      [&](const Pause& until_traced) {
        const UniqueFd raw(check(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP), "socket"));
        demand_connect(raw.get(), {"127.0.0.1", 80}, 0);
        until_traced();
        const UniqueFd second(check(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP), "socket"));
        demand_connect(second.get(), {"192.0.2.1", 80}, ENETUNREACH);
      },
      {"-e", with_snapshot()});
  EXPECT_TRUE(exactly_so(outcome, {}));
}

}  // namespace
}  // namespace tcptrail::test
