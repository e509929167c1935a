// How established connections end, and what went over them: payload, exactly.

#include <poll.h>
#include <sys/socket.h>

#include "support/exchange.h"
#include "support/kernel_test.h"

namespace tcptrail::test {
namespace {

class ClosingTest : public KernelTest {
 protected:
  struct Run {
    ExchangeFacts facts{};
    Outcome outcome;
  };

  Run run(const ExchangePlan& plan) {
    Run result;
    result.outcome = trace_sockets([&] { result.facts = exchange(ns(), plan); });
    return result;
  }

  // Both ends agree on what the client sent and received.
  static std::vector<Expected> with_bytes(ExchangeStory story, std::int64_t sent, std::int64_t received) {
    story.client_close.with("bytes_out", sent).with("bytes_in", received);
    story.server_close.with("bytes_out", received).with("bytes_in", sent);
    return story.all();
  }
};

void wait_for_reset(int socket) { demand(poll_for(socket, POLLHUP, Seconds(10)), "no reset came"); }

TEST_F(ClosingTest, BytesBothWays) {
  ExchangePlan plan;
  plan.client = [](UniqueFd& socket) {
    send_bytes(socket.get(), 100'000);
    receive_bytes(socket.get(), 50'001);
  };
  plan.server = [](UniqueFd& socket) {
    receive_bytes(socket.get(), 100'000);
    send_bytes(socket.get(), 50'001);
    receive_until_end(socket.get());
  };
  const auto [facts, outcome] = run(plan);
  EXPECT_TRUE(exactly(outcome, with_bytes(ExchangeStory(facts), 100'000, 50'001)));
}

TEST_F(ClosingTest, NoBytesAtAll) {
  const auto [facts, outcome] = run({});
  EXPECT_TRUE(exactly(outcome, with_bytes(ExchangeStory(facts), 0, 0)));
}

TEST_F(ClosingTest, BytesOutOnly) {
  ExchangePlan plan;
  plan.client = [](UniqueFd& socket) { send_bytes(socket.get(), 1); };
  const auto [facts, outcome] = run(plan);
  EXPECT_TRUE(exactly(outcome, with_bytes(ExchangeStory(facts), 1, 0)));
}

TEST_F(ClosingTest, BytesInOnlyAndTheServerClosesFirst) {
  ExchangePlan plan;
  plan.client = [](UniqueFd& socket) { receive_until_end(socket.get()); };
  plan.server = [](UniqueFd& socket) { send_bytes(socket.get(), 70'000); };
  const auto [facts, outcome] = run(plan);
  EXPECT_TRUE(exactly(outcome, with_bytes(ExchangeStory(facts), 0, 70'000)));
}

TEST_F(ClosingTest, HalfCloseThenTheServersAnswer) {
  ExchangePlan plan;
  plan.client = [](UniqueFd& socket) {
    send_bytes(socket.get(), 10);
    check(::shutdown(socket.get(), SHUT_WR), "shutdown");
    receive_bytes(socket.get(), 50'001);
    receive_until_end(socket.get());
  };
  plan.server = [](UniqueFd& socket) {
    receive_until_end(socket.get());
    send_bytes(socket.get(), 50'001);
  };
  const auto [facts, outcome] = run(plan);
  EXPECT_TRUE(exactly(outcome, with_bytes(ExchangeStory(facts), 10, 50'001)));
}

TEST_F(ClosingTest, ResetByTheClient) {
  ExchangePlan plan;
  plan.client = [](UniqueFd& socket) { close_with_reset(std::move(socket)); };
  plan.server = [](UniqueFd& socket) { wait_for_reset(socket.get()); };
  const auto [facts, outcome] = run(plan);
  EXPECT_TRUE(exactly(outcome, with_bytes(ExchangeStory(facts, "reset_local", "reset_remote"), 0, 0)));
}

TEST_F(ClosingTest, ResetByTheServer) {
  ExchangePlan plan;
  plan.client = [](UniqueFd& socket) { wait_for_reset(socket.get()); };
  plan.server = [](UniqueFd& socket) { close_with_reset(std::move(socket)); };
  const auto [facts, outcome] = run(plan);
  EXPECT_TRUE(exactly(outcome, with_bytes(ExchangeStory(facts, "reset_remote", "reset_local"), 0, 0)));
}

// The reset meets a side that had already seen the peer's FIN: the kernel calls it EPIPE there. The client's
// own way from FIN_WAIT2 to CLOSE looks the same with a reset and without.
TEST_F(ClosingTest, ResetAfterAHalfClose) {
  ExchangePlan plan;
  plan.client = [](UniqueFd& socket) {
    check(::shutdown(socket.get(), SHUT_WR), "shutdown");
    receive_bytes(socket.get(), 1);
    close_with_reset(std::move(socket));
  };
  plan.server = [](UniqueFd& socket) {
    receive_until_end(socket.get());
    send_bytes(socket.get(), 1);
    wait_for_reset(socket.get());
  };
  const auto [facts, outcome] = run(plan);
  ExchangeStory story(facts, "fin", "reset_remote");
  story.client_close.present("end");
  EXPECT_TRUE(exactly(outcome, with_bytes(story, 0, 1)));
}

TEST_F(ClosingTest, UnreadDataAtCloseIsAReset) {
  ExchangePlan plan;
  plan.client = [](UniqueFd& socket) {
    send_bytes(socket.get(), 300);
    wait_for_reset(socket.get());
  };
  plan.server = [](UniqueFd& socket) { demand(poll_for(socket.get(), POLLIN, Seconds(10)), "no data came"); };
  const auto [facts, outcome] = run(plan);
  EXPECT_TRUE(exactly(outcome, with_bytes(ExchangeStory(facts, "reset_remote", "reset_local"), 300, 0)));
}

TEST_F(ClosingTest, LatencyAndDuration) {
  ExchangePlan plan;
  plan.client = [](UniqueFd&) { sleep_for(Seconds(0.15)); };
  const auto [facts, outcome] = run(plan);
  ExchangeStory story(facts);
  story.connect.between("latency_us", 0, facts.connect_us);
  // close() returns before the last segments have gone to and fro.
  story.client_close.between("duration_us", 150'000, facts.life_us + 100'000);
  story.server_close.between("duration_us", 150'000, facts.life_us + 100'000);
  EXPECT_TRUE(exactly(outcome, story.all()));
}

TEST_F(ClosingTest, SegmentsAndRetransmits) {
  ExchangePlan plan;
  plan.client = [](UniqueFd& socket) { send_bytes(socket.get(), 5'000); };
  const auto [facts, outcome] = run(plan);
  ExchangeStory story(facts);
  // Handshake, data and FIN at the least; loopback loses nothing.
  story.client_close.between("segs_out", 3, 40).between("segs_in", 2, 40).with("retransmits", 0);
  story.server_close.between("segs_out", 2, 40).between("segs_in", 3, 40).with("retransmits", 0);
  story.client_close.between("rtt_us", 0, 1'000'000);
  EXPECT_TRUE(exactly(outcome, story.all()));
}

}  // namespace
}  // namespace tcptrail::test
