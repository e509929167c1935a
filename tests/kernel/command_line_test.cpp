// Bad values are refused before anything is loaded: by a user who could not load anything, with exit code 2
// and the value by its name.

#include <gtest/gtest.h>
#include <unistd.h>

#include <ostream>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/tracer.h"

namespace tcptrail::test {
namespace {

Outcome run_as_nobody(const std::vector<std::string>& arguments) {
  TracerOptions options{.arguments = arguments};
  if (::geteuid() == 0) {
    options.by_descriptor = true;
    options.prepare = become_nobody;
  }
  return Tracer(options).wait_exit();
}

struct BadValue {
  std::string name;
  std::vector<std::string> arguments;
  std::string named;  // what stderr must show
};

std::ostream& operator<<(std::ostream& out, const BadValue& value) { return out << value.name; }

class BadValueTest : public ::testing::TestWithParam<BadValue> {};

TEST_P(BadValueTest, IsRefusedByName) {
  const auto outcome = run_as_nobody(GetParam().arguments);
  EXPECT_EQ(outcome.exit_code, 2) << outcome.report();
  EXPECT_NE(outcome.errors.find(GetParam().named), std::string::npos)
      << "stderr does not name " << GetParam().named << "\n"
      << outcome.report();
  EXPECT_EQ(outcome.output, "") << outcome.report();
}

INSTANTIATE_TEST_SUITE_P(
    CommandLine, BadValueTest,
    ::testing::Values(BadValue{"PortTooLarge", {"-P", "70000"}, "70000"},
                      BadValue{"PortTooLargeInAList", {"-P", "80,65536"}, "65536"},
                      BadValue{"PortRangeWithoutItsEnd", {"-P", "0-"}, "0-"},
                      BadValue{"PortRangeBackwards", {"--rport", "9-3"}, "9-3"},
                      BadValue{"PortNoNumber", {"--lport", "abc"}, "abc"},
                      BadValue{"PortWithATail", {"-P", "80x"}, "80x"},
                      BadValue{"PortNegative", {"--port=-5"}, "-5"},
                      BadValue{"PortListWithAGap", {"-P", "80,,443"}, "--port"},
                      BadValue{"Ipv4PrefixTooLong", {"-n", "10.0.0.0/33"}, "10.0.0.0/33"},
                      BadValue{"Ipv6PrefixTooLong", {"-n", "::/129"}, "::/129"},
                      BadValue{"AddressTooShort", {"-n", "1.2.3/8"}, "1.2.3/8"},
                      BadValue{"PrefixNoNumber", {"-n", "10.0.0.0/x"}, "10.0.0.0/x"},
                      BadValue{"PrefixMissing", {"-n", "10.0.0.0/"}, "10.0.0.0/"},
                      BadValue{"UnknownUser", {"-u", "no-such-user-here"}, "no-such-user-here"},
                      BadValue{"UserTooLarge", {"-u", "4294967296"}, "4294967296"},
                      BadValue{"UnknownEvent", {"-e", "connect,conect"}, "conect"},
                      BadValue{"EventOfLater", {"-e", "connect,exce"}, "exce"},
                      BadValue{"UnknownFormat", {"-o", "jsom"}, "jsom"},
                      BadValue{"NegativeDuration", {"--duration=-1"}, "-1"},
                      BadValue{"DurationNoNumber", {"-d", "soon"}, "soon"},
                      BadValue{"CountNoNumber", {"-c", "many"}, "many"},
                      BadValue{"BufferNoPowerOfTwo", {"--buffer", "3"}, "3"},
                      BadValue{"BufferZero", {"--buffer", "0"}, "0"}, BadValue{"PidZero", {"-p", "0"}, "0"},
                      BadValue{"PidNoNumber", {"-p", "abc"}, "abc"},
                      BadValue{"PidTooLarge", {"-p", "4294967297"}, "4294967297"},
                      BadValue{"NetnsMissing", {"--netns", "/no/such/netns"}, "/no/such/netns"},
                      BadValue{"NetnsNoNamespace", {"--netns", "/dev/null"}, "/dev/null"},
                      BadValue{"CgroupMissing", {"--cgroup", "/no/such/cgroup"}, "/no/such/cgroup"},
                      BadValue{"UnknownHooks", {"--hooks", "magic"}, "magic"},
                      BadValue{"UnknownColor", {"--color", "mauve"}, "mauve"},
                      BadValue{"UnknownHooksOfDoctor", {"doctor", "--hooks", "magic"}, "magic"},
                      BadValue{"OptionOfTraceBeforeDoctor", {"-p", "1", "doctor"}, "--pid"},
                      BadValue{"OptionOfTraceAfterDoctor", {"doctor", "-x"}, "-x"},
                      BadValue{"UnknownOption", {"--frobnicate"}, "--frobnicate"},
                      BadValue{"UnknownCommand", {"trase"}, "trase"}),
    [](const auto& test) { return test.param.name; });

TEST(CommandLineTest, HelpGoesToStdoutAndEndsWell) {
  const auto outcome = run_as_nobody({"--help"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.report();
  EXPECT_NE(outcome.output.find("trace"), std::string::npos) << outcome.report();
  EXPECT_EQ(outcome.errors, "") << outcome.report();
}

}  // namespace
}  // namespace tcptrail::test
