// What became of every event: the accounts close, and every loss is told once.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "unit/pipeline/pipeline_fixture.h"

namespace tcptrail::test {
namespace {

using model::Event;
using model::Kind;
using model::KindCounts;
using sink::SinkState;
using testing::ElementsAre;
using testing::IsEmpty;

KindCounts counts(Kind kind, std::uint64_t count) {
  KindCounts made;
  made[kind] = count;
  return made;
}

class AccountingTest : public PipelineTest {
 protected:
  // The counts of the `lost` events that the sink has taken.
  std::vector<KindCounts> told_losses() const {
    std::vector<KindCounts> all;
    for (const Event& event : sink_.taken) {
      if (const auto* const lost = std::get_if<model::Lost>(&event.body)) all.push_back(lost->count);
    }
    return all;
  }
};

TEST_F(AccountingTest, AddsWhatTheSourceKeptBack) {
  source_.before_stop = {{events_of({Kind::kConnect, Kind::kConnect})}};
  source_.filtered = counts(Kind::kConnect, 5);
  source_.lost = counts(Kind::kConnect, 3);
  stop_at_poll(2);

  const auto accounts = run_and_check();

  EXPECT_EQ(accounts.seen[Kind::kConnect], 10U);
  EXPECT_EQ(accounts.emitted[Kind::kConnect], 2U);
  EXPECT_EQ(accounts.filtered[Kind::kConnect], 5U);
  EXPECT_EQ(accounts.lost[Kind::kConnect], 3U);
}

// Kernel counters cost more to read than a ring buffer in which nothing is.
TEST_F(AccountingTest, LooksForLossesOnlyNowAndThen) {
  for (int i = 0; i < 1000; ++i) source_.before_stop.push_back({events_of({Kind::kConnect}), true});
  stop_at_poll(1000);

  run_and_check();

  EXPECT_LE(source_.counts_read, 10);
}

TEST_F(AccountingTest, TellsALossBeforeTheEnd) {
  source_.on_poll = [this](int poll) {
    if (poll == 2) source_.lost = counts(Kind::kConnect, 3);
    if (poll == 100 || !told_losses().empty()) stop();
  };

  run_and_check();

  EXPECT_THAT(told_losses(), ElementsAre(counts(Kind::kConnect, 3)));
  EXPECT_LT(source_.polls, 100);
}

TEST_F(AccountingTest, AddsWhatIsNotWantedHere) {
  source_.before_stop = {{events_of({Kind::kConnect, Kind::kClose, Kind::kConnect})}};
  source_.filtered = counts(Kind::kConnect, 4);
  options_.wanted = [](const Event& event) { return event.kind != Kind::kConnect; };
  stop_at_poll(2);

  const auto accounts = run_and_check();

  EXPECT_THAT(taken(), ElementsAre("1 close"));
  EXPECT_EQ(accounts.filtered[Kind::kConnect], 6U);
}

TEST_F(AccountingTest, HoldsWhereTheSinkClosesInTheMiddle) {
  source_.before_stop = {{events_of({Kind::kConnect, Kind::kConnect})},
                         {events_of({Kind::kClose, Kind::kClose})}};
  source_.after_stop = {{events_of({Kind::kFail})}};
  sink_.on_put = [](int put) { return put == 3 ? SinkState::kClosed : SinkState::kOpen; };

  const auto accounts = run_and_check();

  EXPECT_EQ(sink_.puts, 3) << "after kClosed it takes nothing more";
  EXPECT_EQ(accounts.emitted[Kind::kConnect], 2U);
  EXPECT_EQ(accounts.lost[Kind::kClose], 2U);
  EXPECT_EQ(accounts.lost[Kind::kFail], 1U);
}

TEST_F(AccountingTest, HoldsWhereTheSinkClosesAtAFlush) {
  source_.before_stop = {{events_of({Kind::kConnect})}, {events_of({Kind::kConnect, Kind::kConnect})}};
  sink_.on_flush = [](int flush) { return flush == 3 ? SinkState::kClosed : SinkState::kOpen; };

  const auto accounts = run_and_check();

  EXPECT_EQ(accounts.seen[Kind::kConnect], 3U);
  EXPECT_EQ(accounts.emitted[Kind::kConnect], 1U);
  EXPECT_EQ(accounts.lost[Kind::kConnect], 2U);
}

TEST_F(AccountingTest, HoldsWhereTheSinkStallsAtTheEnd) {
  source_.after_stop = {{events_of({Kind::kConnect})}};
  sink_.on_flush = [this](int) { return source_.stopped ? SinkState::kStalled : SinkState::kOpen; };
  options_.stats_event = true;
  stop();

  const auto accounts = run_and_check();

  EXPECT_EQ(accounts.lost[Kind::kConnect], 1U);
  EXPECT_THAT(taken(), ElementsAre("1 connect")) << "no accounts after a stall";
}

TEST_F(AccountingTest, HoldsWhereTheSinkIsClosedFromTheBeginning) {
  source_.after_stop = {{events_of({Kind::kConnect})}};
  sink_.on_flush = [](int) { return SinkState::kClosed; };

  const auto accounts = run_and_check();

  EXPECT_EQ(sink_.puts, 0);
  EXPECT_EQ(accounts.lost[Kind::kConnect], 1U);
}

TEST_F(AccountingTest, HoldsForSkippedProgramsToo) {
  source_.lost = counts(Kind::kUnknown, 2);
  stop_at_poll(1);

  const auto accounts = run_and_check();

  EXPECT_EQ(accounts.seen[Kind::kUnknown], 2U);
  EXPECT_EQ(accounts.lost[Kind::kUnknown], 2U);
}

TEST_F(AccountingTest, TellsEachLossOnce) {
  source_.before_stop = {
      {events_of({Kind::kConnect})}, {events_of({Kind::kConnect})}, {events_of({Kind::kConnect})}};
  source_.on_poll = [this](int poll) {
    if (poll == 1) source_.lost = counts(Kind::kConnect, 3);
    if (poll == 3) source_.lost = counts(Kind::kConnect, 5);
    if (poll == 4) stop();
  };

  run_and_check();

  EXPECT_THAT(taken(), ElementsAre("1 connect", "2 lost", "3 connect", "4 connect", "5 lost"));
  EXPECT_THAT(told_losses(), ElementsAre(counts(Kind::kConnect, 3), counts(Kind::kConnect, 2)));
}

TEST_F(AccountingTest, TellsALossOfTheLastMomentBeforeTheAccounts) {
  options_.stats_event = true;
  source_.on_poll = [this](int) {
    if (source_.stopped) source_.lost = counts(Kind::kClose, 1);
  };
  stop();

  run_and_check();

  EXPECT_THAT(taken(), ElementsAre("1 lost", "2 stats"));
}

TEST_F(AccountingTest, TellsLossesElsewhereWhereTheSinkHasNoFormForThem) {
  sink_.tells_summaries = false;
  std::vector<KindCounts> told;
  options_.on_untold = [&](const Event& event) { told.push_back(std::get<model::Lost>(event.body).count); };
  source_.on_poll = [this](int poll) {
    if (poll == 1) source_.lost = counts(Kind::kClose, 1);
    if (poll == 2) source_.lost = counts(Kind::kClose, 4);
    if (poll == 3) stop();
  };

  const auto accounts = run_and_check();

  EXPECT_THAT(told, ElementsAre(counts(Kind::kClose, 1), counts(Kind::kClose, 3)));
  EXPECT_THAT(taken(), IsEmpty());
  EXPECT_EQ(accounts.lost[Kind::kClose], 4U);
}

Event flood_of(Kind kind, std::uint64_t count) {
  Event event = event_of(Kind::kFlood);
  event.body = model::Flood{kind, count, 0, 0, {}};
  return event;
}

TEST_F(AccountingTest, CountsTheEventsThatAFloodStandsFor) {
  source_.before_stop = {
      {{flood_of(Kind::kConnect, 100), event_of(Kind::kConnect), flood_of(Kind::kClose, 7)}}};
  stop_at_poll(2);

  const auto accounts = run_and_check();

  EXPECT_THAT(taken(), ElementsAre("1 flood", "2 connect", "3 flood"));
  EXPECT_EQ(accounts.seen[Kind::kConnect], 101U);
  EXPECT_EQ(accounts.emitted[Kind::kConnect], 1U);
  EXPECT_EQ(accounts.flooded[Kind::kConnect], 100U);
  EXPECT_EQ(accounts.flooded[Kind::kClose], 7U);
  EXPECT_FALSE(accounts.lost.any());
}

TEST_F(AccountingTest, CountsTheEventsOfAnUnwantedFloodAsFiltered) {
  source_.before_stop = {{{flood_of(Kind::kConnect, 100)}}};
  options_.wanted = [](const Event&) { return false; };
  stop_at_poll(2);

  const auto accounts = run_and_check();

  EXPECT_THAT(taken(), IsEmpty());
  EXPECT_EQ(accounts.filtered[Kind::kConnect], 100U);
  EXPECT_FALSE(accounts.flooded.any());
}

TEST_F(AccountingTest, TellsFloodsElsewhereWhereTheSinkHasNoFormForThem) {
  sink_.tells_summaries = false;
  source_.before_stop = {{{flood_of(Kind::kAttempt, 5)}}};
  std::vector<std::uint64_t> told;
  options_.on_untold = [&](const Event& event) { told.push_back(std::get<model::Flood>(event.body).count); };
  stop_at_poll(2);

  const auto accounts = run_and_check();

  EXPECT_THAT(told, ElementsAre(5U));
  EXPECT_EQ(accounts.flooded[Kind::kAttempt], 5U);
}

TEST_F(AccountingTest, CountsAFloodThatNeverCameAsLost) {
  source_.flooded_in_vain = counts(Kind::kClose, 9);
  stop_at_poll(1);

  const auto accounts = run_and_check();

  EXPECT_EQ(accounts.lost[Kind::kClose], 9U);
  EXPECT_FALSE(accounts.flooded.any());
}

TEST_F(AccountingTest, CountsALossThatNobodyIsTold) {
  sink_.tells_summaries = false;
  source_.lost = counts(Kind::kClose, 1);
  stop_at_poll(1);

  EXPECT_EQ(run_and_check().lost[Kind::kClose], 1U);
}

TEST_F(AccountingTest, AreTheLastEventOfTheStream) {
  options_.stats_event = true;
  source_.before_stop = {{events_of({Kind::kConnect})}};
  source_.after_stop = {{events_of({Kind::kClose})}};
  source_.lost = counts(Kind::kFail, 2);
  stop_at_poll(2);

  const auto accounts = run_and_check();

  EXPECT_THAT(taken(), ElementsAre("1 connect", "2 lost", "3 close", "4 stats"));
  EXPECT_EQ(sink_.written, 4U);
  const auto* const stats = std::get_if<model::Stats>(&sink_.taken.back().body);
  ASSERT_NE(stats, nullptr);
  EXPECT_EQ(stats->accounting.seen, accounts.seen);
  EXPECT_EQ(stats->accounting.emitted, accounts.emitted);
  EXPECT_EQ(stats->accounting.filtered, accounts.filtered);
  EXPECT_EQ(stats->accounting.lost, accounts.lost);
}

TEST_F(AccountingTest, AreNoEventUnlessAskedFor) {
  stop();

  run_and_check();

  EXPECT_THAT(taken(), IsEmpty());
}

}  // namespace
}  // namespace tcptrail::test
