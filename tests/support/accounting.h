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
  explicit Accounting(const Event& stats);

  std::int64_t at(std::string_view name, const std::string& kind) const;
  const std::map<std::string, std::int64_t, std::less<>>& column(std::string_view name) const;

  // How many of a kind may be missing: those told as lost, and what nobody can know.
  std::int64_t lost(const std::string& kind) const;
  std::int64_t all_lost() const;

 private:
  std::map<std::string, std::map<std::string, std::int64_t, std::less<>>, std::less<>> columns_;
};

// What the lines of a run come to, one after the other, for runs that are too long to be kept whole.
class Ledger {
 public:
  void enter(const Event& event);  // throws if a number is missing

  // For every kind seen = emitted + filtered + flooded + lost, emitted is the number of lines of that kind,
  // and flooded and lost are the sums of the `flood` and `lost` lines; `seq` counted the lines from 1.
  ::testing::AssertionResult agrees_with(const Accounting& accounting) const;

 private:
  std::map<std::string, std::int64_t, std::less<>> emitted_, flooded_, lost_;
  std::int64_t lines_ = 0, out_of_sequence_ = 0;
};

// Of the kinds that are known at most a thousandth is lost, or three. None should be; but where the kernel
// skips the programs of a socket's end and of its destruction (docs/hooks.md), its `close` is lost, and that
// is told.
::testing::AssertionResult hardly_any_is_lost(const Accounting& accounting);

// The last line is `stats`; for every kind seen = emitted + filtered + flooded + lost, emitted is the number
// of lines of that kind, and flooded and lost are the sums of the `flood` and `lost` lines.
::testing::AssertionResult accounts_close(const Outcome& outcome);

}  // namespace tcptrail::test
