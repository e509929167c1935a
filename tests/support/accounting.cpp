#include "support/accounting.h"

#include <algorithm>
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
  *this = Accounting(Event(outcome.lines.back()));
}

Accounting::Accounting(const Event& stats) {
  if (stats.kind() != "stats") throw std::runtime_error("the last line is not stats: " + stats.line());
  for (const auto* name : kColumns) columns_[name] = counts_in(stats, name);
}

const Counts& Accounting::column(std::string_view name) const { return columns_.find(name)->second; }

std::int64_t Accounting::at(std::string_view name, const std::string& kind) const {
  const auto& counts = column(name);
  const auto found = counts.find(kind);
  return found == counts.end() ? 0 : found->second;
}

std::int64_t Accounting::lost(const std::string& kind) const {
  return at("lost", kind) + at("lost", "unknown");
}

std::int64_t Accounting::all_lost() const {
  std::int64_t all = 0;
  for (const auto& [kind, count] : column("lost")) all += count;
  return all;
}

::testing::AssertionResult hardly_any_is_lost(const Accounting& accounting) {
  std::int64_t seen = 0;
  for (const auto& [kind, count] : accounting.column("seen")) seen += count;
  const auto lost = accounting.all_lost() - accounting.at("lost", "unknown");
  if (lost <= std::max<std::int64_t>(3, seen / 1'000)) return ::testing::AssertionSuccess();
  auto failure = ::testing::AssertionFailure() << "lost of " << seen << " events:";
  for (const auto& [kind, count] : accounting.column("lost")) failure << " " << kind << " " << count;
  return failure;
}

void Ledger::enter(const Event& event) {
  const std::string kind = event.kind();
  if (kind == "stats") return;
  if (event.number("seq") != ++lines_) ++out_of_sequence_;
  if (kind == "lost") {
    for (const auto& [its_kind, count] : counts_in(event, "count")) lost_[its_kind] += count;
  } else if (kind == "flood") {
    flooded_[event.text("kind")] += event.number("count").value_or(0);
  } else {
    ++emitted_[kind];
  }
}

::testing::AssertionResult Ledger::agrees_with(const Accounting& accounting) const {
  std::set<std::string> kinds;
  for (const auto* name : kColumns) {
    for (const auto& [kind, count] : accounting.column(name)) kinds.insert(kind);
  }
  for (const auto* told : {&emitted_, &flooded_, &lost_}) {
    for (const auto& [kind, count] : *told) kinds.insert(kind);
  }
  std::string problems;
  const auto compare_lines = [&](const std::string& kind, const char* column, const Counts& told) {
    const auto found = told.find(kind);
    compare(problems, kind + ", " + column + " against lines", accounting.at(column, kind),
            found == told.end() ? 0 : found->second);
  };
  for (const auto& kind : kinds) {
    const auto sum = accounting.at("emitted", kind) + accounting.at("filtered", kind) +
                     accounting.at("flooded", kind) + accounting.at("lost", kind);
    compare(problems, kind + ", seen against the sum of the rest", accounting.at("seen", kind), sum);
    compare_lines(kind, "emitted", emitted_);
    compare_lines(kind, "flooded", flooded_);
    compare_lines(kind, "lost", lost_);
  }
  if (out_of_sequence_ != 0)
    problems += "seq is out of sequence in " + std::to_string(out_of_sequence_) + " lines\n";
  return problems.empty() ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << problems;
}

::testing::AssertionResult accounts_close(const Outcome& outcome) {
  Ledger ledger;
  for (const auto& event : outcome.events()) ledger.enter(event);
  auto agrees = ledger.agrees_with(Accounting(outcome));
  return agrees ? agrees : agrees << outcome.report();
}

}  // namespace tcptrail::test
