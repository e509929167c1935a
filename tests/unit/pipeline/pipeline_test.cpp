// From an invented source to an invented sink: order, limits, when it stops and what it waits for.

#include "pipeline/pipeline.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <thread>

#include "unit/pipeline/pipeline_fixture.h"

namespace tcptrail::test {
namespace {

using model::Event;
using model::Kind;
using sink::SinkState;
using testing::ElementsAre;
using WakeAt = source::EventSource::WakeAt;

TEST_F(PipelineTest, PutsEventsInTheirOrderAndNumbersThem) {
  source_.before_stop = {{events_of({Kind::kAttempt, Kind::kConnect})}, {events_of({Kind::kClose})}};
  stop_at_poll(3);

  const auto accounts = run_and_check();

  EXPECT_THAT(taken(), ElementsAre("1 attempt", "2 connect", "3 close"));
  EXPECT_EQ(accounts.emitted[Kind::kConnect], 1U);
  EXPECT_EQ(accounts.kinds, model::KindSet::all());
}

TEST_F(PipelineTest, WritesTheHeaderBeforeTheFirstEvent) {
  int flushes_before_first_look = 0;
  source_.on_poll = [&](int poll) {
    if (poll == 1) flushes_before_first_look = sink_.flushes;
    stop();
  };

  run_and_check();

  EXPECT_EQ(flushes_before_first_look, 1);
}

TEST_F(PipelineTest, IsReadyOnceTheSourceIsComplete) {
  std::vector<int> ready_at_poll;
  options_.on_ready = [&] { ready_at_poll.push_back(source_.polls); };
  source_.complete_at_poll = 2;
  source_.before_stop = {{events_of({Kind::kSnapshot}), true}, {events_of({Kind::kSnapshot}), true}};
  stop_at_poll(4);

  run_and_check();

  EXPECT_THAT(ready_at_poll, ElementsAre(2));
}

TEST_F(PipelineTest, IsNeverReadyWhereTheSourceFails) {
  bool ready = false;
  options_.on_ready = [&] { ready = true; };
  source_.poll_error = Error{ErrorCode::kFailed, "no list"};

  EXPECT_TRUE(refused(run(), ErrorCode::kFailed, {"no list"}));
  EXPECT_FALSE(ready);
}

TEST_F(PipelineTest, DrainsTheSourceAfterItWasToldToStop) {
  source_.after_stop = {{events_of({Kind::kConnect}), true}, {events_of({Kind::kClose}), false}};
  stop();

  const auto accounts = run_and_check();

  EXPECT_TRUE(source_.stopped);
  EXPECT_THAT(taken(), ElementsAre("1 connect", "2 close"));
  EXPECT_EQ(sink_.written, 2U);
  EXPECT_EQ(accounts.emitted[Kind::kClose], 1U);
}

TEST_F(PipelineTest, LooksAgainAtOnceWhereMoreIsWaiting) {
  source_.before_stop = {{events_of({Kind::kConnect}), true},
                         {events_of({Kind::kConnect}), true},
                         {events_of({Kind::kConnect}), false}};
  std::size_t waits_before_third_look = 1;
  source_.on_poll = [&](int poll) {
    if (poll == 3) waits_before_third_look = source_.waits.size();
    if (poll == 4) stop();
  };

  run_and_check();

  EXPECT_EQ(waits_before_third_look, 0U);
  EXPECT_EQ(taken().size(), 3U);
}

TEST_F(PipelineTest, StopsThoughMoreIsAlwaysWaiting) {
  for (int i = 0; i < 1000; ++i) source_.before_stop.push_back({events_of({Kind::kConnect}), true});
  stop();

  run_and_check();

  EXPECT_LE(taken().size(), 10U) << "it was told to stop before it began";
}

TEST_F(PipelineTest, StopsThoughMoreIsAlwaysWaitingWhenTheReaderGoes) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  { const UniqueFd reader(ends[0]); }
  const UniqueFd writer(ends[1]);
  options_.output_fd = writer.get();
  // Nothing of this is wanted, so that no write tells that the reader has gone.
  options_.wanted = [](const Event&) { return false; };
  for (int i = 0; i < 1000; ++i) source_.before_stop.push_back({events_of({Kind::kConnect}), true});
  source_.on_poll = [this](int poll) {
    if (poll == 1000) stop();
  };

  run_and_check();

  EXPECT_LE(source_.polls, 10);
}

TEST_F(PipelineTest, StopsWhenTheReaderOfTheOutputGoes) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  { const UniqueFd reader(ends[0]); }
  const UniqueFd writer(ends[1]);
  options_.output_fd = writer.get();
  source_.on_poll = [this](int poll) {
    if (poll == 100) stop();
  };

  run_and_check();

  EXPECT_LT(source_.polls, 100) << "it did not notice";
}

TEST_F(PipelineTest, WritesIntoARegularFileWhichNobodyCanWaitFor) {
  const UniqueFd file(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  ASSERT_TRUE(file);
  options_.output_fd = file.get();
  source_.before_stop = {{events_of({Kind::kConnect})}};
  stop_at_poll(2);

  run_and_check();

  EXPECT_THAT(taken(), ElementsAre("1 connect"));
}

TEST_F(PipelineTest, RefusesADescriptorThatIsNotOpen) {
  options_.stop_fd = 1'000'000;

  EXPECT_TRUE(refused(run(), ErrorCode::kFailed, {"cannot wait for events", "Bad file descriptor"}));
}

TEST_F(PipelineTest, LooksNowAndThenWhereTheSourceDoesNotWakeIt) {
  // The wake-up never comes: the event that the second look finds was waiting in silence.
  source_.on_poll = [this](int poll) {
    if (poll == 2) source_.before_stop.push_back({events_of({Kind::kConnect})});
    if (poll == 3) stop();
  };

  run_and_check();

  EXPECT_THAT(taken(), ElementsAre("1 connect"));
}

TEST_F(PipelineTest, SleepsWhileNothingHappens) {
  const UniqueFd wake(
      ::eventfd(1, EFD_CLOEXEC));  // and stays readable, as the source's does with one byte unread
  source_.wake = wake.get();
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    stop();
  });

  run_and_check();

  stopper.join();
  EXPECT_LE(source_.polls, 20) << "in 200 ms";
}

TEST_F(PipelineTest, AsksForTheFirstEventOnceItHasFoundNone) {
  source_.before_stop = {{events_of({Kind::kConnect})}, {}, {}, {events_of({Kind::kConnect})}};
  stop_at_poll(4);

  run_and_check();

  EXPECT_THAT(source_.waits, ElementsAre(WakeAt::kManyEvents, WakeAt::kFirstEvent, WakeAt::kFirstEvent,
                                         WakeAt::kManyEvents));
}

TEST_F(PipelineTest, LooksOnceMoreBeforeItSleepsUntilTheFirstEvent) {
  using std::chrono::steady_clock;
  std::array<steady_clock::time_point, 4> looks;  // of which the second is the first to find nothing
  source_.before_stop = {{events_of({Kind::kConnect})}};
  source_.on_poll = [&](int poll) {
    if (poll <= 4) looks.at(static_cast<std::size_t>(poll) - 1) = steady_clock::now();
    if (poll == 4) stop();
  };

  run_and_check();

  EXPECT_LT(looks[2] - looks[1], looks[3] - looks[2]);
}

TEST_F(PipelineTest, StopsAfterAsManyEventsAsWereAskedFor) {
  options_.most_events = 2;
  source_.before_stop = {{events_of({Kind::kConnect, Kind::kConnect, Kind::kClose}), true}};
  source_.after_stop = {{events_of({Kind::kFail})}};

  const auto accounts = run_and_check();

  EXPECT_THAT(taken(), ElementsAre("1 connect", "2 connect"));
  EXPECT_EQ(accounts.filtered[Kind::kClose], 1U);
  EXPECT_EQ(accounts.filtered[Kind::kFail], 1U);
}

TEST_F(PipelineTest, CountsOnlyWantedEventsTowardsTheLimit) {
  options_.most_events = 1;
  options_.wanted = [](const Event& event) { return event.kind == Kind::kClose; };
  source_.before_stop = {{events_of({Kind::kConnect, Kind::kClose, Kind::kClose})}};

  const auto accounts = run_and_check();

  EXPECT_THAT(taken(), ElementsAre("1 close"));
  EXPECT_EQ(accounts.filtered[Kind::kConnect], 1U);
  EXPECT_EQ(accounts.filtered[Kind::kClose], 1U);
  EXPECT_EQ(accounts.emitted[Kind::kClose], 1U);
}

TEST_F(PipelineTest, EndsWithTheSourcesError) {
  source_.poll_error = Error{ErrorCode::kFailed, "the source broke"};

  EXPECT_TRUE(refused(run(), ErrorCode::kFailed, {"the source broke"}));
  EXPECT_TRUE(source_.stopped);
}

TEST_F(PipelineTest, EndsWithTheErrorOfCounting) {
  source_.counts_error = Error{ErrorCode::kFailed, "cannot count"};

  EXPECT_TRUE(refused(run(), ErrorCode::kFailed, {"cannot count"}));
}

TEST_F(PipelineTest, EndsWithTheSinksErrorAndPutsNothingMore) {
  source_.before_stop = {{events_of({Kind::kConnect, Kind::kConnect, Kind::kConnect})}};
  source_.after_stop = {{events_of({Kind::kClose})}};
  sink_.on_put = [](int put) -> Result<SinkState> {
    if (put == 2) return fail(ErrorCode::kFailed, "the disk is full");
    return SinkState::kOpen;
  };

  EXPECT_TRUE(refused(run(), ErrorCode::kFailed, {"the disk is full"}));
  EXPECT_EQ(sink_.puts, 2);
}

TEST_F(PipelineTest, EndsWithTheFirstOfSeveralErrors) {
  sink_.on_flush = [](int) { return fail(ErrorCode::kFailed, "the disk is full"); };
  source_.poll_error = Error{ErrorCode::kFailed, "the source broke"};

  EXPECT_TRUE(refused(run(), ErrorCode::kFailed, {"the disk is full"}));
}

}  // namespace
}  // namespace tcptrail::test
