#include "base/clock.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <string>

namespace tcptrail {
namespace {

constexpr UnixNs kSecond = 1'000'000'000;

std::string rfc3339(UnixNs time) {
  std::string text;
  append_rfc3339(text, time);
  return text;
}

std::string time_of_day(UnixNs time, bool utc) {
  std::string text;
  append_time_of_day(text, time, utc);
  return text;
}

TEST(Rfc3339, HasNineDigitsOfASecond) {
  EXPECT_EQ(rfc3339(1795401928 * kSecond + 123), "2026-11-23T02:45:28.000000123Z");
  EXPECT_EQ(rfc3339(1795401928 * kSecond + 999'999'999), "2026-11-23T02:45:28.999999999Z");
  EXPECT_EQ(rfc3339(1795401928 * kSecond), "2026-11-23T02:45:28.000000000Z");
}

TEST(Rfc3339, KnowsTheCalendar) {
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(rfc3339(951'782'400 * kSecond), "2000-02-29T00:00:00.000000000Z");
  EXPECT_EQ(rfc3339(951'868'799 * kSecond), "2000-02-29T23:59:59.000000000Z");
  EXPECT_EQ(rfc3339(951'868'800 * kSecond), "2000-03-01T00:00:00.000000000Z");
  EXPECT_EQ(rfc3339(1'483'228'799 * kSecond), "2016-12-31T23:59:59.000000000Z");  // a leap second followed
  EXPECT_EQ(rfc3339(1'483'228'800 * kSecond), "2017-01-01T00:00:00.000000000Z");
  EXPECT_EQ(rfc3339(4'107'542'400 * kSecond), "2100-03-01T00:00:00.000000000Z");  // 2100 has no 29 February
}

TEST(Rfc3339, ShowsEveryTimeThatThereIs) { EXPECT_EQ(rfc3339(UINT64_MAX), "2554-07-21T23:34:33.709551615Z"); }

TEST(Rfc3339, FollowsTimeBackwards) {
  EXPECT_EQ(rfc3339(60 * kSecond), "1970-01-01T00:01:00.000000000Z");
  EXPECT_EQ(rfc3339(59 * kSecond), "1970-01-01T00:00:59.000000000Z");
  EXPECT_EQ(rfc3339(60 * kSecond + 1), "1970-01-01T00:01:00.000000001Z");
}

TEST(Rfc3339, Appends) {
  std::string text = "at ";

  append_rfc3339(text, 0);

  EXPECT_EQ(text, "at 1970-01-01T00:00:00.000000000Z");
}

TEST(TimeOfDay, CutsMillisecondsOff) {
  EXPECT_EQ(time_of_day(1795401928 * kSecond + 123'999'999, true), "02:45:28.123");
  EXPECT_EQ(time_of_day(1795401928 * kSecond + 999'999, true), "02:45:28.000");
}

TEST(TimeOfDay, IsLocalUnlessUtcIsAskedFor) {
  ASSERT_EQ(::setenv("TZ", "INVENTED-05:30", 1), 0);
  ::tzset();

  EXPECT_EQ(time_of_day(1795401928 * kSecond, false), "08:15:28.000");
  EXPECT_EQ(time_of_day(1795401928 * kSecond, true), "02:45:28.000");
}

TEST(WallClockTest, TellsTheWallClocksTime) {
  const WallClock clock;
  const UnixNs before = unix_now();
  const UnixNs told = clock.at(monotonic_now());
  const UnixNs after = unix_now();

  // A millisecond is far above the error of measuring, and far below what a mistake would make.
  EXPECT_GE(told + kSecond / 1000, before);
  EXPECT_LE(told, after + kSecond / 1000);
}

TEST(WallClockTest, KeepsDistances) {
  const WallClock clock;

  EXPECT_EQ(clock.at(5 * kSecond + 7) - clock.at(5 * kSecond), 7U);
}

TEST(WallClockTest, IsTheSameForOneMomentUntilItIsMeasuredAgain) {
  WallClock clock;
  const UnixNs first = clock.at(kSecond);
  EXPECT_EQ(clock.at(kSecond), first);

  clock.measure();

  const UnixNs second = clock.at(kSecond);
  EXPECT_LT(second > first ? second - first : first - second, kSecond / 1000);
}

}  // namespace
}  // namespace tcptrail
