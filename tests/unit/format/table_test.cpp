// What the golden files do not show at a glance: units, widths, and what a line never cuts.

#include "format/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "unit/support/sample_events.h"

namespace tcptrail::format {
namespace {

using model::Event;
using model::Kind;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

std::string line(const Event& event, const Options& options = {.utc = true}) {
  Table table(options);
  std::string out;
  table.append(out, event);
  return out;
}

std::string connected_after(model::Microseconds latency) {
  Event event = test::sample_event(Kind::kConnect);
  event.body = model::Connect{latency};
  return line(event);
}

std::string closed_with(std::uint64_t bytes_out) {
  Event event = test::sample_event(Kind::kClose);
  std::get<model::Close>(event.body).bytes_out = bytes_out;
  return line(event);
}

TEST(TableTest, ShowsTimesInTheUnitThatSuits) {
  EXPECT_THAT(connected_after(1240), EndsWith(" 1.24 ms\n"));
  EXPECT_THAT(connected_after(12'400), EndsWith(" 12.4 ms\n"));
  EXPECT_THAT(connected_after(880'000), EndsWith(" 0.88 s\n"));
  EXPECT_THAT(connected_after(1'004'000), EndsWith(" 1.00 s\n"));
  EXPECT_THAT(connected_after(127'000'000), EndsWith(" 127 s\n"));
}

TEST(TableTest, ShowsSizesInTheUnitThatSuits) {
  EXPECT_THAT(closed_with(0), HasSubstr("out 0 B,"));
  EXPECT_THAT(closed_with(1023), HasSubstr("out 1023 B,"));
  EXPECT_THAT(closed_with(1024), HasSubstr("out 1.0 KiB,"));
  EXPECT_THAT(closed_with(18'637), HasSubstr("out 18.2 KiB,"));
  EXPECT_THAT(closed_with(5ULL << 30), HasSubstr("out 5.0 GiB,"));
  EXPECT_THAT(closed_with(UINT64_MAX), HasSubstr("out 16.0 EiB,"));
}

TEST(TableTest, BeginsItsDetailWithinAHundredColumnsWithIpv4) {
  Event event = test::sample_event(Kind::kConnect);
  event.conn.local_ip = IpAddress::parse("255.255.255.255").value();
  event.conn.remote_ip = event.conn.local_ip;
  event.conn.local_port = 65535;
  event.conn.remote_port = 65535;
  event.conn.owner->pid = 4194304;
  event.conn.owner->comm = model::Comm("fifteen letters");

  EXPECT_LT(line(event).find("1.24 ms"), 100U) << line(event);
}

TEST(TableTest, NeverCutsAnAddress) {
  Event event = test::sample_event(Kind::kConnect);
  event.conn.family = model::Family::kIpv6;
  event.conn.local_ip = IpAddress::parse("1111:2222:3333:4444:5555:6666:7777:8888").value();
  event.conn.remote_ip = event.conn.local_ip;

  EXPECT_THAT(line(event), HasSubstr(" [1111:2222:3333:4444:5555:6666:7777:8888]:43210 "
                                     "[1111:2222:3333:4444:5555:6666:7777:8888]:443 "));
}

TEST(TableTest, KeepsItsColumnsInALineWithIpv6WhereItIsWide) {
  Event v6 = test::sample_event(Kind::kConnect);
  v6.conn.local_ip = IpAddress::parse("1111:2222:3333:4444:5555:6666:7777:8888").value();
  v6.conn.remote_ip = v6.conn.local_ip;
  const Options wide = {.wide = true, .utc = true};

  const std::string v4_line = line(test::sample_event(Kind::kConnect), wide);

  EXPECT_EQ(line(v6, wide).find("1.24 ms"), v4_line.find("1.24 ms"));
}

TEST(TableTest, PutsEachColumnUnderItsHeading) {
  for (const bool wide : {false, true}) {
    for (const bool no_time : {false, true}) {
      const Options options = {.wide = wide, .no_time = no_time, .utc = true};
      std::string header;
      Table(options).append_header(header);
      const std::string row = line(test::sample_event(Kind::kConnect), options);
      EXPECT_EQ(header.find("EVENT"), row.find("connect")) << header << row;
      EXPECT_EQ(header.find("PID"), row.find("1234")) << header << row;
      EXPECT_EQ(header.find("COMM"), row.find("curl")) << header << row;
      EXPECT_EQ(header.find("LOCAL"), row.find("192.0.2.2")) << header << row;
      EXPECT_EQ(header.find("REMOTE"), row.find("198.51.100.7")) << header << row;
      EXPECT_EQ(header.find("DETAIL"), row.find("1.24 ms")) << header << row;
    }
  }
}

TEST(TableTest, EndsNoLineInBlanks) {
  for (const Event& event : test::sample_stream())
    EXPECT_THAT(line(event), Not(EndsWith(" \n"))) << line(event);
}

TEST(TableTest, TellsWhichWayANameIs) {
  Event event = test::sample_event(Kind::kClose);
  event.conn.remote_name = std::make_shared<const std::string>("example.org");
  event.conn.direction = model::Direction::kOutbound;
  EXPECT_THAT(line(event), HasSubstr("  to example.org"));
  event.conn.direction = model::Direction::kInbound;
  EXPECT_THAT(line(event), HasSubstr("  from example.org"));
}

TEST(TableTest, ShowsArgumentsAloneOfAProgramWhoseFileIsNotKnown) {
  Event event = test::sample_event(Kind::kClose);
  auto program = std::make_shared<model::Program>();
  program->args = {"nc", "-l"};
  auto process = std::make_shared<model::Process>();
  process->program = program;
  event.conn.process = process;

  EXPECT_THAT(line(event, {.utc = true, .verbose = true}), EndsWith("  nc -l\n"));
}

TEST(TableTest, DependsOnTheEventAlone) {
  Table table({.utc = true});
  std::string both;
  table.append(both, test::sample_event(Kind::kClose));
  table.append(both, test::sample_event(Kind::kAttempt));

  EXPECT_EQ(both, line(test::sample_event(Kind::kClose)) + line(test::sample_event(Kind::kAttempt)));
}

}  // namespace
}  // namespace tcptrail::format
