// Bad command lines: each is refused before anything is loaded, naming the option and the value.

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "unit/cli/parse.h"
#include "unit/support/result.h"

namespace tcptrail::test {
namespace {

struct BadValue {
  const char* option;
  const char* value;
  const char* named;  // as the message must name the value
};

std::ostream& operator<<(std::ostream& out, const BadValue& bad) {
  return out << bad.option << " '" << bad.value << "'";
}

class BadValueTest : public testing::TestWithParam<BadValue> {};

TEST_P(BadValueTest, IsRefused) {
  const auto& [option, value, named] = GetParam();

  EXPECT_TRUE(refused(parse({option, value}), ErrorCode::kUsage, {option, named}));
}

INSTANTIATE_TEST_SUITE_P(Words, BadValueTest,
                         testing::Values(BadValue{"--output", "xml", "'xml'"}, BadValue{"--output", "", "''"},
                                         BadValue{"--output", "JSON", "'JSON'"},
                                         BadValue{"--output", "a\nb", R"('a\x0ab')"},
                                         BadValue{"--events", "conect", "'conect'"},
                                         BadValue{"--events", "", "''"},
                                         BadValue{"--events", "connect,,close", "''"},
                                         BadValue{"--events", "connect,lost", "'lost'"},
                                         BadValue{"--events", "exec,exits", "'exits'"},
                                         BadValue{"--events", "connect close", "'connect close'"},
                                         BadValue{"--color", "yes", "'yes'"}, BadValue{"--color", "", "''"},
                                         BadValue{"--hooks", "bcc", "'bcc'"}, BadValue{"--hooks", "", "''"}));

INSTANTIATE_TEST_SUITE_P(
    Ports, BadValueTest,
    testing::Values(BadValue{"--port", "70000", "'70000'"}, BadValue{"--port", "0", "'0'"},
                    BadValue{"--port", "65536", "'65536'"}, BadValue{"--port", "", "''"},
                    BadValue{"--port", "80,", "''"}, BadValue{"--port", "80,x,443", "'x'"},
                    BadValue{"--port", "90-80", "'90-80'"}, BadValue{"--port", "80-", "'80-'"},
                    BadValue{"--port", "0-80", "'0-80'"}, BadValue{"--port", "80-65536", "'80-65536'"},
                    BadValue{"--port", "1-2-3", "'1-2-3'"}, BadValue{"--port", "http", "'http'"},
                    BadValue{"--port", " 80", "' 80'"}, BadValue{"--lport", "70000", "'70000'"},
                    BadValue{"--rport", "70000", "'70000'"}));

INSTANTIATE_TEST_SUITE_P(Addresses, BadValueTest,
                         testing::Values(BadValue{"--net", "10.0.0.0/33", "'10.0.0.0/33'"},
                                         BadValue{"--net", "2001:db8::/129", "'2001:db8::/129'"},
                                         BadValue{"--net", "10.0.0", "'10.0.0'"}, BadValue{"--net", "", "''"},
                                         BadValue{"--net", "10.0.0.0/8,", "''"},
                                         BadValue{"--net", "example.org", "'example.org'"}));

INSTANTIATE_TEST_SUITE_P(Processes, BadValueTest,
                         testing::Values(BadValue{"--pid", "0", "'0'"}, BadValue{"--pid", "init", "'init'"},
                                         BadValue{"--pid", "", "''"}, BadValue{"--pid", "1,,2", "''"},
                                         BadValue{"--pid", "4294967296", "'4294967296'"},
                                         BadValue{"--uid", "no such user", "'no such user'"},
                                         BadValue{"--uid", "", "''"}, BadValue{"--uid", "0,", "''"},
                                         BadValue{"--uid", "4294967296", "'4294967296'"},
                                         BadValue{"--cgroup", "/no/such/cgroup", "'/no/such/cgroup'"},
                                         BadValue{"--cgroup", "/proc", "'/proc'"},
                                         BadValue{"--cgroup", "", "''"},
                                         BadValue{"--netns", "/no/such/netns", "'/no/such/netns'"},
                                         BadValue{"--netns", "/proc/self/ns/uts", "'/proc/self/ns/uts'"},
                                         BadValue{"--netns", "0", "'0'"}, BadValue{"--netns", "", "''"}));

INSTANTIATE_TEST_SUITE_P(Patterns, BadValueTest,
                         testing::Values(BadValue{"--comm", "", "''"}, BadValue{"--exe", "", "''"},
                                         BadValue{"--ancestor", "", "''"}, BadValue{"--name", "", "''"},
                                         BadValue{"--comm", "systemd-resolved", "systemd-resolve"}));

INSTANTIATE_TEST_SUITE_P(
    Limits, BadValueTest,
    testing::Values(BadValue{"--duration", "0", "'0'"}, BadValue{"--duration", "5s", "'5s'"},
                    BadValue{"--duration", "inf", "'inf'"}, BadValue{"--duration", "nan", "'nan'"},
                    BadValue{"--duration", "1e10", "'1e10'"}, BadValue{"--duration", "", "''"},
                    BadValue{"--count", "0", "'0'"}, BadValue{"--count", "1.5", "'1.5'"},
                    BadValue{"--count", "18446744073709551616", "'18446744073709551616'"},
                    BadValue{"--count", "", "''"}, BadValue{"--buffer", "0", "'0'"},
                    BadValue{"--buffer", "3", "'3'"}, BadValue{"--buffer", "2048", "'2048'"},
                    BadValue{"--buffer", "8M", "'8M'"}, BadValue{"--buffer", "", "''"},
                    BadValue{"--flood-budget", "10000001", "'10000001'"},
                    BadValue{"--flood-budget", "-1", "'-1'"}, BadValue{"--flood-at", "101", "'101'"},
                    BadValue{"--flood-at", "5%", "'5%'"}, BadValue{"--flood-entries", "0", "'0'"},
                    BadValue{"--flood-entries", "1048577", "'1048577'"}));

TEST(BadOptionsTest, NamesTheOptionsThatLeaveNothingToShow) {
  EXPECT_TRUE(refused(parse({"-x", "-e", "connect,close"}), ErrorCode::kUsage, {"--failed", "--events"}));
}

TEST(BadOptionsTest, RefusesClassicWithWhatItCannotShow) {
  EXPECT_TRUE(refused(parse({"-o", "classic", "-e", "connect"}), ErrorCode::kUsage, {"classic", "--events"}));
  EXPECT_TRUE(refused(parse({"-o", "classic", "-e", "attempt"}), ErrorCode::kUsage, {"classic", "--events"}));
  EXPECT_TRUE(refused(parse({"-o", "classic", "-x"}), ErrorCode::kUsage, {"classic", "--failed"}));
}

TEST(BadOptionsTest, RefusesClassicWithIpv6) {
  EXPECT_TRUE(refused(parse({"-o", "classic", "-6"}), ErrorCode::kUsage, {"classic", "-6"}));
}

TEST(BadOptionsTest, RefusesAnEventThatIsBadBesideFailed) {
  EXPECT_TRUE(refused(parse({"-x", "-e", "conect"}), ErrorCode::kUsage, {"--events", "'conect'"}));
}

TEST(BadOptionsTest, RefusesAnOptionThatIsNone) {
  EXPECT_TRUE(refused(parse({"--no-such-option"}), ErrorCode::kUsage, {"--no-such-option"}));
  EXPECT_TRUE(refused(parse({"-p"}), ErrorCode::kUsage, {"--pid"}));
  EXPECT_TRUE(refused(parse({"stray"}), ErrorCode::kUsage, {"stray"}));
}

}  // namespace
}  // namespace tcptrail::test
