#include "support/accounting.h"

#include <array>
#include <set>
#include <stdexcept>

namespace tcptrail::test {
namespace {

using Counts = std::map<std::string, std::int64_t, std::less<>>;
constexpr std::array kColumns{"seen", "emitted", "filtered", "flooded", "lost"};

Counts counts_in(const Event& event, std::string_view field) {
  const auto* object = event.find(field);
  if (object == nullptr || !object->IsObject()) {
    throw std::runtime_error(std::string(field) + " is no object: " + event.line());
  }
  Counts counts;
  for (const auto& member : object->GetObject()) {
    if (!member.value.IsInt64()) throw std::runtime_error("not a number in: " + event.line());
    counts[member.name.GetString()] = member.value.GetInt64();
  }
  return counts;
}

void compare(std::string& problems, const std::string& what, std::int64_t left, std::int64_t right) {
  if (left != right)
    problems += what + ": " + std::to_string(left) + " against " + std::to_string(right) + "\n";
}

}  // namespace

Accounting::Accounting(const Outcome& outcome) {
  if (outcome.lines.empty()) throw std::runtime_error("no output, so no stats: " + outcome.report());
  const Event last(outcome.lines.back());
  if (last.kind() != "stats") throw std::runtime_error("the last line is not stats: " + outcome.report());
  for (const auto* name : kColumns) columns_[name] = counts_in(last, name);
}

const Counts& Accounting::column(std::string_view name) const { return columns_.find(name)->second; }

std::int64_t Accounting::at(std::string_view name, const std::string& kind) const {
  const auto& counts = column(name);
  const auto found = counts.find(kind);
  return found == counts.end() ? 0 : found->second;
}

::testing::AssertionResult accounts_close(const Outcome& outcome) {
  const Accounting accounting(outcome);
  Counts emitted, lost;
  for (const auto& event : outcome.events()) {
    if (event.kind() == "lost") {
      for (const auto& [kind, count] : counts_in(event, "count")) lost[kind] += count;
    } else if (event.kind() != "stats") {
      ++emitted[event.kind()];
    }
  }
  std::set<std::string> kinds;
  for (const auto* name : kColumns) {
    for (const auto& [kind, count] : accounting.column(name)) kinds.insert(kind);
  }
  for (const auto& [kind, count] : emitted) kinds.insert(kind);
  for (const auto& [kind, count] : lost) kinds.insert(kind);
  std::string problems;
  for (const auto& kind : kinds) {
    const auto sum = accounting.at("emitted", kind) + accounting.at("filtered", kind) +
                     accounting.at("flooded", kind) + accounting.at("lost", kind);
    compare(problems, kind + ", seen against the sum of the rest", accounting.at("seen", kind), sum);
    compare(problems, kind + ", emitted against lines", accounting.at("emitted", kind), emitted[kind]);
    compare(problems, kind + ", lost against lost lines", accounting.at("lost", kind), lost[kind]);
  }
  if (problems.empty()) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << problems << outcome.report();
}

}  // namespace tcptrail::test
