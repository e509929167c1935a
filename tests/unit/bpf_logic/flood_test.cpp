// Which events are told singly when more comes than is read, compiled for the host.

#include "bpf/logic/flood.h"

#include <gtest/gtest.h>

namespace tcptrail {
namespace {

constexpr __u64 kSecond = 1'000'000'000;

TEST(Budget, IsWhatAProcessMayMakeOnAverage) {
  EXPECT_FALSE(tt_over_budget(3'000, kSecond, 2'000)) << "a second's and the grace";
  EXPECT_TRUE(tt_over_budget(3'001, kSecond, 2'000));
  EXPECT_FALSE(tt_over_budget(2'000ULL * 3'600, 3'600 * kSecond, 2'000)) << "steadily at the budget";
  EXPECT_TRUE(tt_over_budget(2'010ULL * 3'600, 3'600 * kSecond, 2'000)) << "steadily above it";
}

TEST(Budget, AllowsHalfASecondsWorthAtOnce) {
  EXPECT_FALSE(tt_over_budget(1'000, 0, 2'000));
  EXPECT_TRUE(tt_over_budget(1'001, 0, 2'000));
}

TEST(Budget, OfZeroAllowsNothing) { EXPECT_TRUE(tt_over_budget(1, 10 * kSecond, 0)); }

TEST(Budget, DoesNotOverflow) {
  constexpr __u64 kYears = 10ULL * 365 * 86'400;
  EXPECT_FALSE(tt_over_budget(1'000'000, kYears * kSecond, 10'000'000));
}

TEST(Pressure, GrowsWithWhatIsUnread) {
  EXPECT_EQ(tt_pressure_of(99, 100), TT_PRESSURE_NONE);
  EXPECT_EQ(tt_pressure_of(100, 100), TT_PRESSURE_SOME);
  EXPECT_EQ(tt_pressure_of(199, 100), TT_PRESSURE_SOME);
  EXPECT_EQ(tt_pressure_of(200, 100), TT_PRESSURE_HIGH);
}

TEST(Pressure, IsHighFromTheStartWhereNothingMayWait) { EXPECT_EQ(tt_pressure_of(0, 0), TT_PRESSURE_HIGH); }

}  // namespace
}  // namespace tcptrail
