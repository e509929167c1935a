// What a program that reads csv relies on. The reader here follows RFC 4180.

#include "format/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "format/fields.h"
#include "unit/support/sample_events.h"

namespace tcptrail::format {
namespace {

using model::Event;
using model::Kind;
using testing::ElementsAreArray;

std::vector<std::string> columns(const std::string& line) {
  std::vector<std::string> all(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      all.back() += line[i++];
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (line[i] == ',' && !quoted) {
      all.emplace_back();
    } else {
      all.back() += line[i];
    }
  }
  EXPECT_FALSE(quoted) << "a quote without its end in: " << line;
  return all;
}

// One line, without its end.
std::string row(const Event& event) {
  Csv csv;
  std::string out;
  csv.append(out, event);
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 1) << out;
  EXPECT_TRUE(!out.empty() && out.back() == '\n') << out;
  if (!out.empty()) out.pop_back();
  return out;
}

// The columns that are not empty, by name.
std::map<std::string, std::string> cells(const Event& event) {
  const auto values = columns(row(event));
  EXPECT_EQ(values.size(), kFieldNames.size());
  std::map<std::string, std::string> named;
  for (std::size_t i = 0; i < std::min(values.size(), kFieldNames.size()); ++i) {
    if (!values[i].empty()) named.emplace(kFieldNames[i], values[i]);
  }
  return named;
}

TEST(CsvTest, HasAHeaderOfTheFieldNames) {
  std::string header;

  Csv().append_header(header);

  ASSERT_FALSE(header.empty());
  EXPECT_EQ(header.back(), '\n');
  header.pop_back();
  EXPECT_THAT(columns(header), ElementsAreArray(kFieldNames));
}

TEST(CsvTest, HasAsManyColumnsOnEveryLine) {
  for (const Event& event : test::sample_stream()) {
    if (event.kind == Kind::kStats) continue;
    EXPECT_EQ(columns(row(event)).size(), kFieldNames.size()) << row(event);
  }
}

TEST(CsvTest, PutsEachValueUnderItsName) {
  const auto close = cells(test::sample_event(Kind::kClose));

  EXPECT_EQ(close, (std::map<std::string, std::string>{{"time", "2026-11-23T02:45:28.000000123Z"},
                                                       {"event", "close"},
                                                       {"seq", "0"},
                                                       {"conn", "0001000000000abc"},
                                                       {"direction", "outbound"},
                                                       {"family", "ipv4"},
                                                       {"local_ip", "192.0.2.2"},
                                                       {"local_port", "43210"},
                                                       {"remote_ip", "198.51.100.7"},
                                                       {"remote_port", "443"},
                                                       {"pid", "1234"},
                                                       {"tid", "1235"},
                                                       {"uid", "1000"},
                                                       {"gid", "100"},
                                                       {"comm", "curl"},
                                                       {"owner", "connect"},
                                                       {"netns", "4026531840"},
                                                       {"cgroup_id", "77"},
                                                       {"duration_us", "880000"},
                                                       {"bytes_out", "512"},
                                                       {"bytes_in", "18637"},
                                                       {"segs_out", "11"},
                                                       {"segs_in", "16"},
                                                       {"retransmits", "1"},
                                                       {"rtt_us", "250"},
                                                       {"end", "fin"}}));
}

TEST(CsvTest, LeavesTheLastColumnEmptyOrFullAsItIs) {
  EXPECT_EQ(kFieldNames.back(), "last");
  EXPECT_EQ(columns(row(test::sample_event(Kind::kFlood))).back(), "2026-11-23T02:45:28.000000123Z");
  EXPECT_EQ(columns(row(test::sample_event(Kind::kListen))).back(), "");
}

TEST(CsvTest, TellsCountsAsPairsInOneColumn) {
  EXPECT_EQ(cells(test::sample_event(Kind::kLost)).at("count"), "connect=3 close=1 unknown=2");
}

TEST(CsvTest, QuotesWhatWouldSplitARow) {
  EXPECT_EQ(cells(test::named_event(Kind::kConnect, "a,b")).at("comm"), "a,b");
  EXPECT_EQ(cells(test::named_event(Kind::kConnect, "\"")).at("comm"), "\"");
  EXPECT_EQ(cells(test::named_event(Kind::kConnect, "x\",\"y")).at("comm"), "x\",\"y");
  EXPECT_EQ(cells(test::named_event(Kind::kConnect, "a\nb\r")).at("comm"), R"(a\x0ab\x0d)");
}

TEST(CsvTest, HasNoLineForTheAccounts) {
  Csv csv;
  std::string out;

  csv.append(out, test::sample_event(Kind::kStats));

  EXPECT_EQ(out, "");
  EXPECT_FALSE(csv.tells(Kind::kStats));
  EXPECT_TRUE(csv.tells(Kind::kLost));
}

}  // namespace
}  // namespace tcptrail::format
