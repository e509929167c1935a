#include "base/clock.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <ctime>
#include <limits>
#include <string_view>

namespace tcptrail {
namespace {

constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

std::uint64_t read_clock(clockid_t id) {
  timespec now{};
  clock_gettime(id, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * kNsPerSecond + static_cast<std::uint64_t>(now.tv_nsec);
}

// The text of a second: broken-down time costs more than the rest of a line, and a second holds many lines.
class SecondText {
 public:
  SecondText(const char* format, bool utc) : format_(format), utc_(utc) {}

  std::string_view of(std::uint64_t second) {
    if (second != second_) {
      const auto value = static_cast<std::time_t>(second);
      std::tm calendar{};
      utc_ ? gmtime_r(&value, &calendar) : localtime_r(&value, &calendar);
      size_ = std::strftime(text_.data(), text_.size(), format_, &calendar);
      second_ = second;
    }
    return {text_.data(), size_};
  }

 private:
  const char* format_;  // strftime's
  bool utc_;
  std::uint64_t second_ = std::numeric_limits<std::uint64_t>::max();
  std::array<char, 32> text_{};
  std::size_t size_ = 0;
};

// Appends a number below a power of ten with the zeros that make it as long as each of them.
void append_digits(std::string& out, std::uint64_t number, std::uint64_t power) {
  const fmt::format_int digits(power + number);
  out.append(digits.data() + 1, digits.size() - 1);
}

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
  thread_local SecondText seconds("%Y-%m-%dT%H:%M:%S.", true);
  out += seconds.of(time / kNsPerSecond);
  append_digits(out, time % kNsPerSecond, kNsPerSecond);
  out += 'Z';
}

void append_time_of_day(std::string& out, UnixNs time, bool utc) {
  thread_local SecondText utc_seconds("%H:%M:%S.", true), local_seconds("%H:%M:%S.", false);
  out += (utc ? utc_seconds : local_seconds).of(time / kNsPerSecond);
  append_digits(out, time % kNsPerSecond / 1'000'000, 1000);
}

}  // namespace tcptrail
