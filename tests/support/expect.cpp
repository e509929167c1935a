#include "support/expect.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <sstream>

#include "support/contract_check.h"
#include "support/family.h"

namespace tcptrail::test {
namespace {

using rapidjson::Value;

bool is_number(const Value* value, std::int64_t wanted) {
  return value != nullptr && value->IsInt64() && value->GetInt64() == wanted;
}

bool is_text(const Value* value, std::string_view wanted) {
  return value != nullptr && value->IsString() &&
         std::string_view(value->GetString(), value->GetStringLength()) == wanted;
}

// Pairs each expectation with an event of its own, so that ambiguity (two alike events) is settled by conn.
class Pairing {
 public:
  Pairing(const std::vector<Event>& events, const std::vector<Expected>& expected)
      : events_(events), expected_(expected), taken_(events.size(), false) {}

  bool solve(std::size_t next = 0) {
    best_ = std::max(best_, next);
    if (next == expected_.size()) return true;
    const auto& wanted = expected_[next];
    for (std::size_t i = 0; i < events_.size(); ++i) {
      if (taken_[i] || !wanted.matches(events_[i])) continue;
      const auto before = labels_;
      if (!claim(wanted.conn(), i)) continue;
      taken_[i] = true;
      if (solve(next + 1)) return true;
      taken_[i] = false;
      labels_ = before;
    }
    return false;
  }

  std::size_t first_unmatched() const { return best_; }

 private:
  struct Label {
    std::string conn;
    std::size_t last = 0;
  };

  bool claim(const std::string& label, std::size_t index) {
    if (label.empty()) return true;
    const std::string conn = events_[index].text("conn");
    const auto known = labels_.find(label);
    if (known != labels_.end()) {
      if (known->second.conn != conn || known->second.last > index) return false;
      known->second.last = index;
      return true;
    }
    for (const auto& [other, state] : labels_) {
      if (state.conn == conn) return false;
    }
    labels_[label] = {conn, index};
    return true;
  }

  const std::vector<Event>& events_;
  const std::vector<Expected>& expected_;
  std::vector<bool> taken_;
  std::map<std::string, Label> labels_;
  std::size_t best_ = 0;
};

std::string explain(const std::vector<Event>& events, const std::vector<Expected>& expected,
                    std::size_t unmatched) {
  std::ostringstream text;
  if (unmatched < expected.size()) {
    const auto& wanted = expected[unmatched];
    text << "No event (or none in the right order and conn) for:\n  " << wanted.describe() << "\n";
    std::size_t fewest = std::numeric_limits<std::size_t>::max();
    const Event* nearest = nullptr;
    for (const auto& event : events) {
      const auto count = wanted.mismatch_count(event);
      if (count < fewest) {
        fewest = count;
        nearest = &event;
      }
    }
    if (nearest != nullptr) {
      text << "Nearest:\n  " << nearest->line() << "\n  differs in: " << wanted.mismatches(*nearest) << "\n";
    }
  }
  text << "Expected " << expected.size() << " events, got " << events.size() << ".\n";
  return text.str();
}

}  // namespace

Expected::Expected(std::string kind, std::string conn) : kind_(std::move(kind)), conn_(std::move(conn)) {
  with("event", std::string_view(kind_));
}

Expected& Expected::add(std::string field, std::string wanted,
                        std::function<bool(const rapidjson::Value*)> holds) {
  std::erase_if(conditions_, [&](const Condition& known) { return known.field == field; });
  conditions_.push_back({std::move(field), std::move(wanted), std::move(holds)});
  return *this;
}

Expected& Expected::with(const std::string& field, std::string_view value) & {
  std::string copy(value);
  return add(field, '"' + copy + '"', [copy](const Value* found) { return is_text(found, copy); });
}

Expected& Expected::with_flag(const std::string& field, bool value) {
  return add(field, value ? "true" : "false", [value](const Value* found) {
    return found != nullptr && found->IsBool() && found->GetBool() == value;
  });
}

Expected& Expected::with_number(const std::string& field, std::int64_t value) {
  return add(field, std::to_string(value), [value](const Value* found) { return is_number(found, value); });
}

Expected& Expected::between(const std::string& field, std::int64_t low, std::int64_t high) & {
  return add(field, std::to_string(low) + "…" + std::to_string(high), [=](const Value* found) {
    return found != nullptr && found->IsInt64() && found->GetInt64() >= low && found->GetInt64() <= high;
  });
}

Expected& Expected::present(const std::string& field) & {
  return add(field, "present", [](const Value* found) { return found != nullptr; });
}

Expected& Expected::absent(const std::string& field) & {
  return add(field, "absent", [](const Value* found) { return found == nullptr; });
}

Expected& Expected::anything(const std::string& field) & {
  std::erase_if(conditions_, [&](const Condition& known) { return known.field == field; });
  return *this;
}

Expected& Expected::or_absent(std::initializer_list<std::string> fields) & {
  for (auto& condition : conditions_) {
    if (std::find(fields.begin(), fields.end(), condition.field) == fields.end()) continue;
    condition.wanted += " or absent";
    condition.holds = [held = condition.holds](const Value* found) {
      return found == nullptr || held(found);
    };
  }
  return *this;
}

Expected& Expected::with_if_present(const std::string& field, std::int64_t value) & {
  return add(field, std::to_string(value) + " or absent",
             [value](const Value* found) { return found == nullptr || is_number(found, value); });
}

Expected& Expected::with_if_present(const std::string& field, std::string_view value) & {
  std::string copy(value);
  return add(field, '"' + copy + "\" or absent",
             [copy](const Value* found) { return found == nullptr || is_text(found, copy); });
}

bool Expected::matches(const Event& event) const {
  return std::all_of(conditions_.begin(), conditions_.end(), [&](const Condition& condition) {
    return condition.holds(event.find(condition.field));
  });
}

std::string Expected::describe() const {
  std::string text = conn_.empty() ? "" : "[" + conn_ + "] ";
  for (const auto& condition : conditions_) text += condition.field + "=" + condition.wanted + " ";
  return text;
}

std::string Expected::mismatches(const Event& event) const {
  std::string text;
  for (const auto& condition : conditions_) {
    if (!condition.holds(event.find(condition.field))) {
      text += condition.field + " (wanted " + condition.wanted + ") ";
    }
  }
  return text.empty() ? "conn or order" : text;
}

std::size_t Expected::mismatch_count(const Event& event) const {
  const auto wrong = std::count_if(conditions_.begin(), conditions_.end(), [&](const Condition& condition) {
    return !condition.holds(event.find(condition.field));
  });
  // An event of another kind is never the one that was meant.
  return static_cast<std::size_t>(wrong) + (event.kind() == kind_ ? 0 : 100);
}

::testing::AssertionResult exactly(const Outcome& outcome, std::vector<Expected> expected,
                                   const Scope& scope) {
  std::string problems;
  std::erase_if(expected, [](const Expected& event) { return event.kind() == "reject" && !sees_rejects(); });
  if (!outcome.in_time || outcome.exit_code != 0) problems += "The tracer did not end well.\n";
  if (!outcome.complaints().empty()) problems += "stderr is not empty.\n";
  const auto all = outcome.events();
  problems += contract_violations(all, scope);
  auto events = happenings(all);
  std::erase_if(events, [&](const Event& event) { return !scope.mine(event); });
  Pairing pairing(events, expected);
  if (!pairing.solve()) {
    problems += explain(events, expected, pairing.first_unmatched());
  } else if (events.size() != expected.size()) {
    problems += explain(events, expected, expected.size());
  }
  if (problems.empty()) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << problems << outcome.report();
}

}  // namespace tcptrail::test
