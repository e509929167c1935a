// Good command lines of `tcptrail trace`, and what they come to.

#include "cli/trace_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/cli/parse.h"
#include "unit/support/result.h"

namespace tcptrail::cli {
namespace {

using model::Kind;
using model::KindSet;
using test::parse;
using test::succeeded;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::size_t kMiB = 1024 * 1024;

TraceOptions parsed(const std::vector<std::string>& arguments) {
  const auto options = parse(arguments);
  EXPECT_TRUE(succeeded(options));
  return options.value_or(TraceOptions{});
}

// "80-82" for each range.
std::vector<std::string> shown(const std::vector<model::PortRange>& ranges) {
  std::vector<std::string> all;
  all.reserve(ranges.size());
  for (const auto& range : ranges)
    all.push_back(std::to_string(range.first) + "-" + std::to_string(range.last));
  return all;
}

TEST(TraceOptionsTest, HasTheDefaultsOfTheContract) {
  const TraceOptions options = parsed({});

  EXPECT_EQ(options.style, format::Style::kTable);
  EXPECT_FALSE(options.look.wide || options.look.no_time || options.look.utc);
  EXPECT_EQ(options.color, ColorWhen::kAuto);
  EXPECT_EQ(options.kinds, (KindSet{Kind::kConnect, Kind::kFail, Kind::kPending, Kind::kAccept, Kind::kClose,
                                    Kind::kReject}));
  EXPECT_EQ(options.duration_s, std::nullopt);
  EXPECT_EQ(options.most_events, std::nullopt);
  EXPECT_EQ(options.hooks, std::nullopt);
  EXPECT_EQ(options.buffer_bytes, 8 * kMiB);
  EXPECT_EQ(options.budget, 2'000U);
  EXPECT_EQ(options.flood_percent, 12U);
  EXPECT_EQ(options.flood_entries, 65'536U);
  EXPECT_FALSE(options.stats);
}

TEST(TraceOptionsTest, HasNoFilterByDefault) {
  const model::Filter filter = parsed({}).filter;

  EXPECT_THAT(filter.pids, IsEmpty());
  EXPECT_THAT(filter.uids, IsEmpty());
  EXPECT_THAT(filter.netns, IsEmpty());
  EXPECT_THAT(filter.cgroups, IsEmpty());
  EXPECT_THAT(filter.comms, IsEmpty());
  EXPECT_THAT(filter.remote_nets, IsEmpty());
  EXPECT_TRUE(filter.ports.empty() && filter.local_ports.empty() && filter.remote_ports.empty());
  EXPECT_EQ(filter.family, std::nullopt);
}

TEST(TraceOptionsTest, KnowsEveryStyle) {
  EXPECT_EQ(parsed({"-o", "table"}).style, format::Style::kTable);
  EXPECT_EQ(parsed({"-o", "json"}).style, format::Style::kJson);
  EXPECT_EQ(parsed({"--output", "csv"}).style, format::Style::kCsv);
  EXPECT_EQ(parsed({"--output=classic"}).style, format::Style::kClassic);
}

TEST(TraceOptionsTest, ClassicMeansIpv4Attempts) {
  const TraceOptions options = parsed({"-o", "classic"});

  EXPECT_EQ(options.kinds, KindSet{Kind::kAttempt});
  EXPECT_EQ(options.filter.family, model::Family::kIpv4);
}

TEST(TraceOptionsTest, AddsUpEvents) {
  EXPECT_EQ(parsed({"-e", "connect,close"}).kinds, (KindSet{Kind::kConnect, Kind::kClose}));
  EXPECT_EQ(parsed({"-e", "connect", "--events", "listen,unlisten"}).kinds,
            (KindSet{Kind::kConnect, Kind::kListen, Kind::kUnlisten}));
  EXPECT_EQ(parsed({"-e", "snapshot"}).kinds, KindSet{Kind::kSnapshot});
  EXPECT_EQ(parsed({"-e", "all"}).kinds, KindSet::all());
  EXPECT_EQ(parsed({"-e", "fail,all"}).kinds, KindSet::all());
}

TEST(TraceOptionsTest, FailedMeansFailuresAlone) {
  EXPECT_EQ(parsed({"-x"}).kinds, KindSet{Kind::kFail});
  EXPECT_EQ(parsed({"--failed", "-e", "all"}).kinds, KindSet{Kind::kFail});
  EXPECT_EQ(parsed({"-x", "-e", "connect,fail"}).kinds, KindSet{Kind::kFail});
}

TEST(TraceOptionsTest, AddsUpPids) {
  EXPECT_THAT(parsed({"-p", "1", "--pid", "22", "-p", "333,4444"}).filter.pids,
              ElementsAre(1U, 22U, 333U, 4444U));
}

TEST(TraceOptionsTest, AddsUpUsersByNameAndNumber) {
  EXPECT_THAT(parsed({"-u", "root", "--uid", "1000,4294967294"}).filter.uids,
              ElementsAre(0U, 1000U, 4294967294U));
}

TEST(TraceOptionsTest, AddsUpPortsOfEachEnd) {
  const model::Filter filter =
      parsed({"-P", "80,443", "--port", "8000-8999", "--lport", "1", "--rport", "65535-65535"}).filter;

  EXPECT_THAT(shown(filter.ports), ElementsAre("80-80", "443-443", "8000-8999"));
  EXPECT_THAT(shown(filter.local_ports), ElementsAre("1-1"));
  EXPECT_THAT(shown(filter.remote_ports), ElementsAre("65535-65535"));
}

TEST(TraceOptionsTest, AddsUpNetworks) {
  const model::Filter filter = parsed({"-n", "10.0.0.0/8", "--net", "2001:db8::/32,192.0.2.1"}).filter;

  EXPECT_THAT(filter.remote_nets,
              ElementsAre(parse_cidr("10.0.0.0/8").value(), parse_cidr("2001:db8::/32").value(),
                          parse_cidr("192.0.2.1/32").value()));
}

TEST(TraceOptionsTest, TakesANameAsItStands) {
  EXPECT_THAT(parsed({"--comm", "curl*", "--comm", "a,b"}).filter.comms, ElementsAre("curl*", "a,b"));
}

TEST(TraceOptionsTest, KnowsTheFamilies) {
  EXPECT_EQ(parsed({"-4"}).filter.family, model::Family::kIpv4);
  EXPECT_EQ(parsed({"-6"}).filter.family, model::Family::kIpv6);
  EXPECT_EQ(parsed({"-4", "-6"}).filter.family, std::nullopt);
}

TEST(TraceOptionsTest, KnowsWhenToStop) {
  EXPECT_EQ(parsed({"-d", "5"}).duration_s, 5.0);
  EXPECT_EQ(parsed({"--duration", "0.25"}).duration_s, 0.25);
  EXPECT_EQ(parsed({"-c", "1"}).most_events, 1U);
  EXPECT_EQ(parsed({"--count", "18446744073709551615"}).most_events, UINT64_MAX);
}

TEST(TraceOptionsTest, KnowsHowTheTableIsToLook) {
  EXPECT_TRUE(parsed({"-w"}).look.wide);
  EXPECT_TRUE(parsed({"-T"}).look.no_time);
  EXPECT_TRUE(parsed({"--utc"}).look.utc);
  EXPECT_EQ(parsed({"--color", "auto"}).color, ColorWhen::kAuto);
  EXPECT_EQ(parsed({"--color", "always"}).color, ColorWhen::kAlways);
  EXPECT_EQ(parsed({"--color", "never"}).color, ColorWhen::kNever);
}

TEST(TraceOptionsTest, KnowsTheHooks) {
  EXPECT_EQ(parsed({"--hooks", "auto"}).hooks, std::nullopt);
  EXPECT_EQ(parsed({"--hooks", "fentry"}).hooks, kernel::Backend::kFentry);
  EXPECT_EQ(parsed({"--hooks", "kprobe"}).hooks, kernel::Backend::kKprobe);
  EXPECT_EQ(parsed({"--hooks", "tracepoint"}).hooks, kernel::Backend::kTracepoint);
}

TEST(TraceOptionsTest, TakesBuffersOfAPowerOfTwo) {
  EXPECT_EQ(parsed({"--buffer", "1"}).buffer_bytes, kMiB);
  EXPECT_EQ(parsed({"--buffer", "1024"}).buffer_bytes, 1024 * kMiB);
  EXPECT_EQ(parsed({"--flood-budget", "0"}).budget, 0U);
  EXPECT_EQ(parsed({"--flood-at", "100"}).flood_percent, 100U);
  EXPECT_EQ(parsed({"--flood-entries", "16"}).flood_entries, 16U);
}

TEST(TraceOptionsTest, KnowsProcessesByWhatIdentifiesThem) {
  const TraceOptions options = parsed({"--exe", "/usr/bin/*", "--ancestor", "sshd", "--ancestor", "cron",
                                       "--container", "0123", "--name", "*.example.org"});

  EXPECT_THAT(options.filter.exes, ElementsAre("/usr/bin/*"));
  EXPECT_THAT(options.filter.ancestors, ElementsAre("sshd", "cron"));
  EXPECT_THAT(options.filter.containers, ElementsAre("0123"));
  EXPECT_THAT(options.filter.names, ElementsAre("*.example.org"));
  EXPECT_TRUE(options.names) << "who asks for a name wants names";
}

TEST(TraceOptionsTest, AsksWhoDidItOnlyWhereThatIsShownOrAskedFor) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"-o", "json"},
                                                    {"-o", "csv"},
                                                    {"-v"},
                                                    {"-e", "exec"},
                                                    {"--exe", "x"},
                                                    {"--ancestor", "x"},
                                                    {"--container", "x"}})
    EXPECT_TRUE(parsed(arguments).identify) << testing::PrintToString(arguments);
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{}, {"-o", "classic"}, {"--comm", "x"}, {"-p", "1"}, {"--names"}})
    EXPECT_FALSE(parsed(arguments).identify) << testing::PrintToString(arguments);
  EXPECT_TRUE(parsed({"--names"}).names);
  EXPECT_FALSE(parsed({"-o", "json"}).names);
}

TEST(TraceOptionsTest, KnowsProcessesOwnEvents) {
  EXPECT_EQ(parsed({"-e", "exec,exit"}).kinds, (KindSet{Kind::kExec, Kind::kExit}));
  EXPECT_TRUE(parsed({"-v"}).look.verbose);
}

TEST(TraceOptionsTest, KnowsStats) { EXPECT_TRUE(parsed({"--stats"}).stats); }

}  // namespace
}  // namespace tcptrail::cli
