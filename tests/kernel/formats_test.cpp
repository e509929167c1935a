// The text formats on real traffic, and names that try to forge a line.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/prctl.h>

#include <algorithm>

#include "support/exchange.h"
#include "support/kernel_test.h"

namespace tcptrail::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class FormatsTest : public KernelTest {
 protected:
  Outcome trace_as(const std::vector<std::string>& format, const std::function<void()>& scenario) {
    std::vector<std::string> arguments{"--netns", ns().inode_text()};
    arguments.insert(arguments.end(), format.begin(), format.end());
    return trace(arguments, [&] {
      scenario();
      ns().wait_until_quiet();
    });
  }
};

// Fields of one csv line as RFC 4180 has them.
std::vector<std::string> csv_fields(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += '"';
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

std::string field_of(const std::vector<std::string>& header, const std::string& line,
                     const std::string& name) {
  const auto column = std::find(header.begin(), header.end(), name);
  const auto fields = csv_fields(line);
  const auto index = static_cast<std::size_t>(column - header.begin());
  return index < fields.size() ? fields[index] : "no such column: " + name;
}

std::string classic_row(const SocketFact& fact) {
  return fmt::format("{:<6} {:<12.12} {:<16} {:<16} {:<4}", fact.who.pid, fact.who.comm, fact.local.ip(),
                     fact.remote.ip(), fact.remote.port());
}

TEST_F(FormatsTest, Table) {
  ExchangeFacts facts{};
  const auto outcome = trace_as({"-o", "table"}, [&] { facts = exchange(ns(), {}); });
  ASSERT_EQ(outcome.lines.size(), 5U) << outcome.report();
  for (const char* word : {"TIME", "EVENT", "PID", "COMM", "LOCAL", "REMOTE", "DETAIL"}) {
    EXPECT_THAT(outcome.lines[0], HasSubstr(word)) << outcome.report();
  }
  const auto connect = std::find_if(outcome.lines.begin(), outcome.lines.end(), [](const std::string& line) {
    return line.find(" connect ") != std::string::npos;
  });
  ASSERT_NE(connect, outcome.lines.end()) << outcome.report();
  EXPECT_THAT(*connect,
              AllOf(HasSubstr(std::to_string(facts.client.who.pid)), HasSubstr(facts.client.who.comm),
                    HasSubstr(fmt::format("127.0.0.1:{}", facts.client.local.port())),
                    HasSubstr(fmt::format("127.0.0.1:{}", facts.client.remote.port())), HasSubstr(" ms")))
      << outcome.report();
  // Up to the detail, which is as long as it must be, a line fits 100 columns.
  const auto detail = outcome.lines[0].find("DETAIL");
  EXPECT_LE(detail, 100U) << outcome.report();
  EXPECT_EQ(connect->find_last_of(' ', connect->find(" ms") - 1) + 1, detail) << outcome.report();
}

TEST_F(FormatsTest, TableIsTheDefaultAndCanLeaveOutTheTime) {
  const auto outcome = trace_as({"-T"}, [&] { exchange(ns(), {}); });
  ASSERT_EQ(outcome.lines.size(), 5U) << outcome.report();
  EXPECT_THAT(outcome.lines[0], AllOf(Not(HasSubstr("TIME")), HasSubstr("EVENT"))) << outcome.report();
}

TEST_F(FormatsTest, TableTellsHowAnAttemptFailed) {
  const auto outcome = trace_as({}, [&] {
    ns().spawn([] { demand_connect(tcp_socket(AF_INET).get(), {"192.0.2.1", 80}, ENETUNREACH); }).join();
  });
  ASSERT_EQ(outcome.lines.size(), 2U) << outcome.report();
  EXPECT_THAT(outcome.lines[1], AllOf(HasSubstr("fail"), HasSubstr("192.0.2.1:80"), HasSubstr("ENETUNREACH")))
      << outcome.report();
}

// No colour where there is no terminal.
TEST_F(FormatsTest, TableHasNoEscapesInAFile) {
  const auto outcome = trace_as({"-o", "table"}, [&] { exchange(ns(), {}); });
  EXPECT_EQ(outcome.output.find('\x1b'), std::string::npos) << outcome.report();
}

// IPv4 outbound attempts whose SYN was sent: the established and the refused, also of a mapped address.
TEST_F(FormatsTest, ClassicIsTheExamplesTable) {
  ns().set_sysctl("ipv4/ip_local_port_range", "40000 40001");
  struct Facts {
    SocketFact connected, refused, mapped;
  };
  const Shared<Facts> facts;
  const auto outcome = trace_as({"-o", "classic"}, [&] {
    ns().spawn([&] {
          const UniqueFd listener = listen_at({"127.0.0.1", 5000});
          const UniqueFd listener6 = listen_at({"::1", 5001});
          const UniqueFd first = connect_to({"127.0.0.1", 5000});
          facts->connected = fact_of(first.get());
          const UniqueFd refused = tcp_socket(AF_INET);
          demand_connect(refused.get(), {"127.0.0.2", kClosedPort}, ECONNREFUSED);
          facts->refused = {own_identity(), SockAddr("127.0.0.1", 0), SockAddr("127.0.0.2", kClosedPort)};
          const UniqueFd mapped = connect_to({"::ffff:127.0.0.1", 5000});
          facts->mapped = fact_of(mapped.get());
          const UniqueFd no_route = tcp_socket(AF_INET);
          demand_connect(no_route.get(), {"192.0.2.1", 80}, ENETUNREACH);
          const UniqueFd ipv6 = connect_to({"::1", 5001});
          const UniqueFd no_port = tcp_socket(AF_INET);
          demand_connect(no_port.get(), {"127.0.0.1", 5000}, EADDRNOTAVAIL);
          demand_connect(refused.get(), {"127.0.0.2", kClosedPort}, ECONNREFUSED);
        })
        .join();
  });
  EXPECT_TRUE(outcome.exit_code == 0 && outcome.complaints().empty()) << outcome.report();
  EXPECT_THAT(outcome.lines, ElementsAre(fmt::format("{:<6} {:<12} {:<16} {:<16} {:<4}", "PID", "COMM",
                                                     "SADDR", "DADDR", "DPORT"),
                                         classic_row(facts->connected), classic_row(facts->refused),
                                         classic_row(facts->mapped), classic_row(facts->refused)))
      << outcome.report();
}

TEST_F(FormatsTest, CsvHasOneHeaderAndAsManyColumnsInEachLine) {
  ExchangeFacts facts{};
  const auto outcome = trace_as({"-o", "csv", "-e", socket_events()}, [&] { facts = exchange(ns(), {}); });
  ASSERT_EQ(outcome.lines.size(), 8U) << outcome.report();
  const auto header = csv_fields(outcome.lines[0]);
  for (const char* name :
       {"time",        "event",      "seq",         "conn",        "direction", "family",     "mapped",
        "local_ip",    "local_port", "remote_ip",   "remote_port", "pid",       "tid",        "uid",
        "gid",         "comm",       "owner",       "netns",       "cgroup_id", "latency_us", "error",
        "reason",      "backlog_us", "duration_us", "bytes_out",   "bytes_in",  "segs_out",   "segs_in",
        "retransmits", "rtt_us",     "end",         "accepted",    "backlog",   "state"}) {
    EXPECT_EQ(std::count(header.begin(), header.end(), name), 1) << name << "\n" << outcome.report();
  }
  for (const auto& line : outcome.lines) EXPECT_EQ(csv_fields(line).size(), header.size()) << line;
  const auto connect = std::find_if(outcome.lines.begin(), outcome.lines.end(), [&](const std::string& line) {
    return field_of(header, line, "event") == "connect";
  });
  ASSERT_NE(connect, outcome.lines.end()) << outcome.report();
  EXPECT_EQ(field_of(header, *connect, "pid"), std::to_string(facts.client.who.pid)) << *connect;
  EXPECT_EQ(field_of(header, *connect, "local_port"), std::to_string(facts.client.local.port())) << *connect;
  EXPECT_EQ(field_of(header, *connect, "comm"), facts.client.who.comm) << *connect;
  EXPECT_EQ(field_of(header, *connect, "bytes_out"), "") << *connect;
}

class ForgedNameTest : public FormatsTest {
 protected:
  Outcome trace_name(const char* name, const std::string& format) {
    std::vector<std::string> arguments{"-o", format};
    if (format != "classic") arguments.insert(arguments.end(), {"-e", "attempt"});
    return trace_as(arguments, [&] {
      ns().spawn([&] {
            ::prctl(PR_SET_NAME, name);
            demand_connect(tcp_socket(AF_INET).get(), {"127.0.0.1", kClosedPort}, ECONNREFUSED);
          })
          .join();
    });
  }

  static void expect_printable(const Outcome& outcome) {
    for (const auto& line : outcome.lines) {
      const bool clean = std::none_of(
          line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
      EXPECT_TRUE(clean) << "a control character in: " << ::testing::PrintToString(line);
    }
  }
};

constexpr const char* kForged = "a\nb\x1b\xff";

TEST_F(ForgedNameTest, InJson) {
  const auto outcome = trace_name(kForged, "json");
  ASSERT_EQ(outcome.lines.size(), 1U) << outcome.report();
  expect_printable(outcome);
  EXPECT_THAT(outcome.lines[0], HasSubstr("a\\u000ab\\u001b\xef\xbf\xbd")) << outcome.report();
  EXPECT_EQ(Event(outcome.lines[0]).text("comm"), "a\nb\x1b\xef\xbf\xbd") << outcome.report();
}

TEST_F(ForgedNameTest, InTable) {
  const auto outcome = trace_name(kForged, "table");
  ASSERT_EQ(outcome.lines.size(), 2U) << outcome.report();
  expect_printable(outcome);
  EXPECT_THAT(outcome.lines[1], HasSubstr("a\\x0ab\\x1b")) << outcome.report();
}

// Twelve characters are all that the column of the example has.
TEST_F(ForgedNameTest, InClassic) {
  const auto outcome = trace_name(kForged, "classic");
  ASSERT_EQ(outcome.lines.size(), 2U) << outcome.report();
  expect_printable(outcome);
  EXPECT_THAT(outcome.lines[1], HasSubstr(" a\\x0ab\\x1b")) << outcome.report();
}

TEST_F(ForgedNameTest, InCsv) {
  const auto outcome = trace_name(kForged, "csv");
  ASSERT_EQ(outcome.lines.size(), 2U) << outcome.report();
  expect_printable(outcome);
  EXPECT_THAT(outcome.lines[1], HasSubstr("a\\x0ab\\x1b")) << outcome.report();
}

TEST_F(ForgedNameTest, CommasAndQuotesInCsv) {
  const auto outcome = trace_name("x,\"y\",z", "csv");
  ASSERT_EQ(outcome.lines.size(), 2U) << outcome.report();
  const auto header = csv_fields(outcome.lines[0]);
  EXPECT_EQ(csv_fields(outcome.lines[1]).size(), header.size()) << outcome.report();
  EXPECT_EQ(field_of(header, outcome.lines[1], "comm"), "x,\"y\",z") << outcome.report();
}

TEST_F(ForgedNameTest, QuotesAndBackslashesInJson) {
  const auto outcome = trace_name("q\"b\\e", "json");
  ASSERT_EQ(outcome.lines.size(), 1U) << outcome.report();
  EXPECT_EQ(Event(outcome.lines[0]).text("comm"), "q\"b\\e") << outcome.report();
}

}  // namespace
}  // namespace tcptrail::test
