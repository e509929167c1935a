#pragma once
// The demand that every event is accounted for.

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "support/event.h"
#include "support/tracer.h"

namespace tcptrail::test {

// The `stats` object of a json run with --stats: column ("seen", …) and kind → number.
class Accounting {
 public:
  explicit Accounting(const Outcome& outcome);  // throws if the last line is not one

  std::int64_t at(std::string_view name, const std::string& kind) const;
  const std::map<std::string, std::int64_t, std::less<>>& column(std::string_view name) const;

 private:
  std::map<std::string, std::map<std::string, std::int64_t, std::less<>>, std::less<>> columns_;
};

// The last line is `stats`; for every kind seen = emitted + filtered + flooded + lost, emitted is the number
// of lines of that kind, and lost is the sum of the `lost` lines.
::testing::AssertionResult accounts_close(const Outcome& outcome);

}  // namespace tcptrail::test
