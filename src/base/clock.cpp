#include "base/clock.h"

#include <fmt/format.h>

#include <ctime>
#include <iterator>
#include <limits>

namespace tcptrail {
namespace {

constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

std::uint64_t read_clock(clockid_t id) {
  timespec now{};
  clock_gettime(id, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * kNsPerSecond + static_cast<std::uint64_t>(now.tv_nsec);
}

// Broken-down time costs more than the rest of a line, and a second holds many lines.
class CalendarCache {
 public:
  explicit CalendarCache(bool utc) : utc_(utc) {}

  const std::tm& at(std::uint64_t second) {
    if (second != second_) {
      const auto value = static_cast<std::time_t>(second);
      utc_ ? gmtime_r(&value, &calendar_) : localtime_r(&value, &calendar_);
      second_ = second;
    }
    return calendar_;
  }

 private:
  bool utc_;
  std::uint64_t second_ = std::numeric_limits<std::uint64_t>::max();
  std::tm calendar_{};
};

}  // namespace

UnixNs unix_now() { return read_clock(CLOCK_REALTIME); }

std::uint64_t monotonic_now() { return read_clock(CLOCK_MONOTONIC); }

void WallClock::measure() {
  // The pair that was read closest together has the smallest error.
  std::uint64_t best = std::numeric_limits<std::uint64_t>::max();
  for (int i = 0; i < 3; ++i) {
    const std::uint64_t before = monotonic_now();
    const std::uint64_t wall = unix_now();
    const std::uint64_t took = monotonic_now() - before;
    if (took >= best) continue;
    best = took;
    offset_ = wall - (before + took / 2);
  }
}

void append_rfc3339(std::string& out, UnixNs time) {
  thread_local CalendarCache cache(true);
  const std::tm& t = cache.at(time / kNsPerSecond);
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", t.tm_year + 1900,
                 t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, time % kNsPerSecond);
}

void append_time_of_day(std::string& out, UnixNs time, bool utc) {
  thread_local CalendarCache utc_cache(true);
  thread_local CalendarCache local_cache(false);
  const std::tm& t = (utc ? utc_cache : local_cache).at(time / kNsPerSecond);
  fmt::format_to(std::back_inserter(out), "{:02}:{:02}:{:02}.{:03}", t.tm_hour, t.tm_min, t.tm_sec,
                 time % kNsPerSecond / 1'000'000);
}

}  // namespace tcptrail
