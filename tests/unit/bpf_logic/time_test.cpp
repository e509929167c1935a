// How long something took, compiled for the host.

#include "bpf/logic/time.h"

#include <gtest/gtest.h>

namespace tcptrail {
namespace {

TEST(Elapsed, IsWhatLiesBetween) { EXPECT_EQ(tt_elapsed(1'000, 1'900), 900U); }

TEST(Elapsed, IsNothingWhereTheBeginningWasNotedLater) {
  EXPECT_EQ(tt_elapsed(1'900, 1'900), 0U);
  EXPECT_EQ(tt_elapsed(1'900, 1'000), 0U);
}

}  // namespace
}  // namespace tcptrail
