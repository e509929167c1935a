#include "comparison.h"

#include <fstream>
#include <optional>
#include <stdexcept>

#include "support/accounting.h"

namespace tcptrail::test::soak {
namespace {

// A run that was skipped spoils what is told of one connection, which has no more events than these: attempt,
// pending, connect, close.
constexpr std::int64_t kSpoiltByOne = 4;
// Losses are the whole machine's, and seldom. Were there more, they would explain anything.
constexpr std::int64_t kToldForEachLost = 100;

// The lines, one at a time: together they would take much memory.
class Reading {
 public:
  Reading(const std::string& path, const Ownership& ownership) : ownership_(ownership) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) take(Event(line));
    if (!last_) throw std::runtime_error("the tracer told nothing, not even stats");
  }

  const Tally& told() const { return told_; }
  const Ledger& ledger() const { return ledger_; }
  Accounting accounting() const { return Accounting(*last_); }

 private:
  void take(const Event& event) {
    ledger_.enter(event);
    last_ = event;
    // Under someone else's flood the rejects are summed up, as they are no process's.
    const std::int64_t times = event.kind() == "flood" ? event.number("count").value_or(0) : 1;
    if (const Happening happening = happening_of(event); ownership_.covers(happening))
      told_[happening] += times;
  }

  const Ownership& ownership_;
  Tally told_;
  Ledger ledger_;
  std::optional<Event> last_;
};

struct Losses {
  std::map<std::string, std::int64_t, std::less<>> by_kind;
  std::int64_t unknown = 0, total = 0;
};

Losses losses_of(const Accounting& accounting) {
  Losses losses;
  for (const auto& [kind, count] : accounting.column("lost")) {
    if (kind == "unknown")
      losses.unknown = count;
    else
      losses.by_kind[kind] = count;
    losses.total += count;
  }
  return losses;
}

std::int64_t count_in(const Tally& tally, const Happening& happening) {
  const auto found = tally.find(happening);
  return found == tally.end() ? 0 : found->second;
}

struct Difference {
  std::map<std::string_view, std::int64_t> missing;  // by kind, whose text is the happening's
  std::int64_t unexpected = 0;
  std::vector<std::string> lines;

  void add(const Happening& happening, std::int64_t made, std::int64_t told) {
    if (made == told) return;
    if (made > told) missing[happening.kind.text()] += made - told;
    if (made < told) unexpected += told - made;
    lines.push_back("made " + std::to_string(made) + ", told " + std::to_string(told) + ": " +
                    describe(happening));
  }

  // By what is told as lost: that many of the kind, and what the skipped runs of programs spoilt.
  bool is_explained_by(const Losses& losses) const {
    std::int64_t not_counted = 0;
    for (const auto& [kind, count] : missing) {
      const auto lost = losses.by_kind.find(kind);
      not_counted += std::max<std::int64_t>(0, count - (lost == losses.by_kind.end() ? 0 : lost->second));
    }
    const std::int64_t spoilt = kSpoiltByOne * losses.unknown;
    return not_counted <= spoilt && unexpected <= spoilt;
  }
};

Difference difference_of(const Tally& made, const Tally& told) {
  Difference difference;
  for (const auto& [happening, count] : made) difference.add(happening, count, count_in(told, happening));
  for (const auto& [happening, count] : told) {
    if (made.count(happening) == 0) difference.add(happening, 0, count);
  }
  return difference;
}

}  // namespace

Ownership::Ownership(const Tally& made, Ports ports) : ports_(ports) {
  for (const auto& [happening, count] : made) {
    namespaces_.insert(happening.netns);
    pids_.insert(happening.owner.pid);
  }
  pids_.erase(0);
}

bool Ownership::covers(const Happening& happening) const {
  return namespaces_.count(happening.netns) != 0 &&
         (ports_.has(happening.port) || pids_.count(happening.owner.pid) != 0);
}

Comparison compare(const Tally& expected, const Ownership& ownership, const std::string& path) {
  const Reading reading(path, ownership);
  const Accounting accounting = reading.accounting();
  const Losses losses = losses_of(accounting);
  Comparison result;
  result.lost = losses.total;
  for (const auto& [happening, count] : reading.told()) result.told += count;
  if (losses.total > result.told / kToldForEachLost)
    result.differences.push_back("lost " + std::to_string(losses.total) + ", which is too much");
  if (const auto agrees = reading.ledger().agrees_with(accounting); !agrees)
    result.differences.push_back(std::string("the stats do not close: ") + agrees.message());
  const Difference difference = difference_of(expected, reading.told());
  auto& where = difference.is_explained_by(losses) ? result.explained : result.differences;
  where.insert(where.end(), difference.lines.begin(), difference.lines.end());
  return result;
}

}  // namespace tcptrail::test::soak
