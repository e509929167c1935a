#pragma once

#include <cstdint>
#include <string>

namespace tcptrail {

// Nanoseconds since 1970-01-01 UTC.
using UnixNs = std::uint64_t;

UnixNs unix_now();
std::uint64_t monotonic_now();

// Turns the kernel's monotonic time into wall-clock time. The distance between the two changes when the
// clock is set and with every suspend, so it must be measured again now and then.
class WallClock {
 public:
  WallClock() { measure(); }
  void measure();
  UnixNs at(std::uint64_t monotonic_ns) const { return monotonic_ns + offset_; }

 private:
  std::uint64_t offset_ = 0;  // wraps where the wall clock is behind the monotonic one
};

// Appends "2026-11-23T02:45:28.000000123Z".
void append_rfc3339(std::string& out, UnixNs time);
// Appends "02:45:28.123", in UTC or in the local time zone.
void append_time_of_day(std::string& out, UnixNs time, bool utc);

}  // namespace tcptrail
