#include "cli/stop_signal.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <chrono>
#include <csignal>

#include "unit/support/result.h"

namespace tcptrail::cli {
namespace {

using test::succeeded;

// Whether the descriptor is readable within so many milliseconds.
bool fires(const StopSignal& stop, int patience_ms) {
  pollfd waited{stop.fd(), POLLIN, 0};
  return ::poll(&waited, 1, patience_ms) == 1;
}

TEST(StopSignalTest, FiresWhenTheTimeIsUpAndStaysThatWay) {
  const auto begin = std::chrono::steady_clock::now();
  const auto stop = StopSignal::make(0.05);
  ASSERT_TRUE(succeeded(stop));

  EXPECT_TRUE(fires(*stop, 10'000));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(50));
  EXPECT_TRUE(fires(*stop, 0)) << "a second look must see it too";
}

TEST(StopSignalTest, FiresAtOnceForTheShortestTime) {
  const auto stop = StopSignal::make(1e-12);
  ASSERT_TRUE(succeeded(stop));

  EXPECT_TRUE(fires(*stop, 10'000));
}

// Each in a process of its own: what it leaves pending or blocked is nobody else's.
class StopSignalDeathTest : public testing::TestWithParam<int> {};

void fire_and_exit(int signal) {
  const auto stop = StopSignal::make(std::nullopt);
  const bool before = !stop || fires(*stop, 0);
  ::raise(signal);
  const bool after = stop && fires(*stop, 10'000);
  std::_Exit(!before && after ? 42 : 1);
}

TEST_P(StopSignalDeathTest, FiresInsteadOfEndingTheProcess) {
  EXPECT_EXIT(fire_and_exit(GetParam()), testing::ExitedWithCode(42), "");
}

INSTANTIATE_TEST_SUITE_P(Signals, StopSignalDeathTest, testing::Values(SIGINT, SIGTERM, SIGHUP));

}  // namespace
}  // namespace tcptrail::cli
