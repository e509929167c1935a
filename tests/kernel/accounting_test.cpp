// Nothing is lost in silence, and every way of ending drains what is buffered.

#include <map>

#include "support/accounting.h"
#include "support/contract_check.h"
#include "support/kernel_test.h"
#include "support/load.h"

namespace tcptrail::test {
namespace {

constexpr const char* kKinds = "attempt,connect,accept,close";

class AccountingTest : public KernelTest {
 protected:
  std::vector<std::string> arguments(const std::vector<std::string>& more = {}) {
    std::vector<std::string> all{"-o", "json", "--stats", "-e", kKinds, "--netns", ns().inode_text()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  static void expect_but_for_lost(const Accounting& accounting, const std::string& kind,
                                  std::int64_t wanted) {
    EXPECT_LE(accounting.at("emitted", kind), wanted) << kind;
    EXPECT_GE(accounting.at("emitted", kind), wanted - accounting.lost(kind)) << kind;
  }

  // Every connection is there from both sides but for what was lost, and the accounts close. Where a program
  // of ours would have interrupted itself the kernel skips it, and no one can know what it would have told:
  // that is counted as `unknown`.
  static void expect_all_of(const Outcome& outcome, std::int64_t connections) {
    ASSERT_TRUE(outcome.in_time && outcome.exit_code == 0 && outcome.complaints().empty())
        << outcome.report();
    EXPECT_TRUE(accounts_close(outcome));
    const Accounting accounting(outcome);
    expect_but_for_lost(accounting, "attempt", connections);
    expect_but_for_lost(accounting, "connect", connections);
    expect_but_for_lost(accounting, "accept", connections);
    expect_but_for_lost(accounting, "close", 2 * connections);
    EXPECT_TRUE(hardly_any_is_lost(accounting)) << outcome.report();
  }
};

TEST_F(AccountingTest, FiveThousandConnections) {
  const int connections = scaled(5'000);
  const auto outcome = trace_json({"-e", kKinds, "--stats"}, [&] { make_connections(ns(), connections); });
  expect_all_of(outcome, connections);
  // seq without a gap, each conn complete and told once; but what is `unknown` leaves its connection's owner
  // so.
  const auto problems = contract_violations(outcome.events());
  EXPECT_TRUE(problems.empty() || Accounting(outcome).at("lost", "unknown") > 0) << problems.substr(0, 4'000);
  std::map<std::string, int> lines_of_conn;
  for (const auto& event : happenings(outcome.events())) ++lines_of_conn[event.text("conn")];
  EXPECT_GE(static_cast<std::int64_t>(lines_of_conn.size()),
            2 * connections - Accounting(outcome).all_lost());
}

TEST_F(AccountingTest, KindsNotAskedForAreNotSeen) {
  const auto outcome = trace_json({"-e", "connect", "--stats"}, [&] { make_connections(ns(), 3); });
  ASSERT_TRUE(accounts_close(outcome));
  const Accounting accounting(outcome);
  for (const char* column : {"seen", "emitted", "filtered", "flooded", "lost"}) {
    for (const char* kind : {"accept", "close", "attempt", "fail"}) {
      EXPECT_EQ(accounting.at(column, kind), 0) << column << " " << kind << "\n" << outcome.report();
    }
  }
  EXPECT_EQ(accounting.at("emitted", "connect"), 3) << outcome.report();
}

// The signal comes while the last events are still in the buffer.
TEST_F(AccountingTest, SigintDrains) {
  Tracer tracer({.arguments = arguments()});
  tracer.wait_ready();
  make_connections(ns(), 300);
  ns().wait_until_quiet();
  expect_all_of(tracer.stop(SIGINT), 300);
}

TEST_F(AccountingTest, SigtermDrains) {
  Tracer tracer({.arguments = arguments()});
  tracer.wait_ready();
  make_connections(ns(), 300);
  ns().wait_until_quiet();
  expect_all_of(tracer.stop(SIGTERM), 300);
}

TEST_F(AccountingTest, DurationDrains) {
  Tracer tracer({.arguments = arguments({"--duration", "4"})});
  tracer.wait_ready();
  const auto start = std::chrono::steady_clock::now();
  make_connections(ns(), 100);
  const auto outcome = tracer.wait_exit();
  const Seconds took = std::chrono::steady_clock::now() - start;
  expect_all_of(outcome, 100);
  EXPECT_GT(took.count(), 2.0);
  EXPECT_LT(took.count(), patiently(Seconds(8)).count());
}

TEST_F(AccountingTest, CountStopsAtExactlyThatMany) {
  Tracer tracer({.arguments = arguments({"--count", "7"})});
  tracer.wait_ready();
  make_connections(ns(), 50);
  const auto outcome = tracer.wait_exit();
  ASSERT_TRUE(outcome.in_time && outcome.exit_code == 0) << outcome.report();
  EXPECT_EQ(happenings(outcome.events()).size(), 7U) << outcome.report();
  EXPECT_TRUE(accounts_close(outcome));
}

TEST_F(AccountingTest, StatsOfATextFormatAreATableOnStderr) {
  const auto outcome = trace({"--stats", "--netns", ns().inode_text()}, [&] { make_connections(ns(), 3); });
  EXPECT_EQ(outcome.exit_code, 0) << outcome.report();
  for (const char* word : {"seen", "emitted", "filtered", "flooded", "lost", "connect", "accept", "close"}) {
    EXPECT_NE(outcome.errors.find(word), std::string::npos) << word << "\n" << outcome.report();
  }
  EXPECT_EQ(outcome.output.find("filtered"), std::string::npos) << outcome.report();
}

}  // namespace
}  // namespace tcptrail::test
