#pragma once
// What a scenario expects on the stream, stated from the facts it made, and the demand for exactly that.

#include <gtest/gtest.h>

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/event.h"
#include "support/sockets.h"
#include "support/tracer.h"

namespace tcptrail::test {

// One expected event. `conn` is the test's own label: events of one label must share their conn, in this
// order; events of different labels must not. An empty label: no claim about conn.
class Expected {
 public:
  Expected(std::string kind, std::string conn);

  Expected& with(const std::string& field, std::string_view value) &;
  // A template, because a literal would rather turn into a bool than into a string_view.
  template <std::integral Value>
  Expected& with(const std::string& field, Value value) & {
    if constexpr (std::same_as<Value, bool>) return with_flag(field, value);
    return with_number(field, static_cast<std::int64_t>(value));
  }
  Expected& between(const std::string& field, std::int64_t low, std::int64_t high) &;
  Expected& present(const std::string& field) &;
  Expected& absent(const std::string& field) &;
  Expected& anything(const std::string& field) &;                    // no claim any more
  Expected& or_absent(std::initializer_list<std::string> fields) &;  // what was claimed of them, or nothing
  // Equal if it is there: for what the kernel may or may not know at that moment.
  Expected& with_if_present(const std::string& field, std::int64_t value) &;
  Expected& with_if_present(const std::string& field, std::string_view value) &;

  template <typename... Arguments>
  Expected&& with(Arguments&&... arguments) && {
    return std::move(with(std::forward<Arguments>(arguments)...));
  }
  Expected&& between(const std::string& field, std::int64_t low, std::int64_t high) && {
    return std::move(between(field, low, high));
  }
  Expected&& present(const std::string& field) && { return std::move(present(field)); }
  Expected&& absent(const std::string& field) && { return std::move(absent(field)); }

  const std::string& kind() const { return kind_; }
  const std::string& conn() const { return conn_; }
  bool matches(const Event& event) const;
  std::string describe() const;
  std::string mismatches(const Event& event) const;
  std::size_t mismatch_count(const Event& event) const;

 private:
  struct Condition {
    std::string field;
    std::string wanted;
    std::function<bool(const rapidjson::Value*)> holds;
  };
  Expected& with_flag(const std::string& field, bool value);
  Expected& with_number(const std::string& field, std::int64_t value);
  Expected& add(std::string field, std::string wanted, std::function<bool(const rapidjson::Value*)> holds);

  std::string kind_;
  std::string conn_;
  std::vector<Condition> conditions_;
};

// The events of the contract for what a socket went through, by the facts of the process that made it.
Expected attempt(std::string conn, const SocketFact& fact);
Expected connected(std::string conn, const SocketFact& fact);
Expected pending(std::string conn, const SocketFact& fact);
Expected failed(std::string conn, const SocketFact& fact, std::string_view reason, std::string_view error);
Expected accepted(std::string conn, const SocketFact& fact);
Expected closed_outbound(std::string conn, const SocketFact& fact, std::string_view end);
Expected closed_inbound(std::string conn, const SocketFact& fact, std::string_view end);
// A connection that no one accepted: told of the listener's process, with the client's view of the addresses.
Expected closed_unaccepted(std::string conn, const SocketFact& listener, const SocketFact& client);
Expected rejected(const SocketFact& client);
Expected listening(const SocketFact& listener, int backlog);
Expected stopped_listening(const SocketFact& listener, std::string conn = "");
// A socket that exists when tracing begins; the fact's thread is the first of its process.
Expected listed(std::string conn, const SocketFact& fact, std::string_view state);

// The same of a socket that is older than the tracing: nobody saw when it began, and its owner, unless it has
// acted since, is who was found to hold it, or where the kernel lists no sockets nobody. A connection that
// nobody accepted has its listener's, if that is still open.
Expected older(Expected event, std::string_view owner = "snapshot");

// The same of one that was listed when the tracing began, so that its owner is known, and acts no more.
Expected listed_before(Expected event);

// What a run is asked about.
struct Scope {
  // Whose events these are; all others are left alone.
  std::function<bool(const Event&)> mine = [](const Event&) { return true; };
  // Some sockets are older than the tracing: their events may lack what only their beginning could have told.
  bool older_sockets = false;
};

// The run ended well (exit 0, silent stderr), each event is as the contract has it (contract_check.h), and
// the events are these, no fewer and no more. The order matters only within one conn. Rejects are not
// expected where they cannot be seen (family.h).
::testing::AssertionResult exactly(const Outcome& outcome, std::vector<Expected> expected,
                                   const Scope& scope = {});

}  // namespace tcptrail::test
