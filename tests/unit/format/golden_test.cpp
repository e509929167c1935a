// Every style over one stream of events that has all there is, against tests/golden/.

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <string>

#include "format/formatter.h"
#include "format/stats_table.h"
#include "unit/support/golden.h"
#include "unit/support/sample_events.h"

namespace tcptrail::format {
namespace {

using test::expect_golden;

std::string rendered(Style style, const Options& options) {
  const auto formatter = make_formatter(style, options);
  std::string out;
  formatter->append_header(out);
  for (const model::Event& event : test::sample_stream()) formatter->append(out, event);
  return out;
}

// Escape bytes as <ESC>, so that the golden file can be read.
std::string visible(std::string text) {
  for (auto at = text.find('\x1b'); at != std::string::npos; at = text.find('\x1b', at))
    text.replace(at, 1, "<ESC>");
  return text;
}

TEST(GoldenTest, Table) { expect_golden("table.txt", rendered(Style::kTable, {.utc = true})); }

TEST(GoldenTest, TableWide) {
  expect_golden("table_wide.txt", rendered(Style::kTable, {.wide = true, .utc = true}));
}

TEST(GoldenTest, TableVerbose) {
  expect_golden("table_verbose.txt", rendered(Style::kTable, {.utc = true, .verbose = true}));
}

TEST(GoldenTest, TableWithoutTime) {
  expect_golden("table_no_time.txt", rendered(Style::kTable, {.no_time = true}));
}

TEST(GoldenTest, TableInColor) {
  expect_golden("table_color.txt", visible(rendered(Style::kTable, {.utc = true, .color = true})));
}

TEST(GoldenTest, TableInLocalTime) {
  ASSERT_EQ(::setenv("TZ", "INVENTED-05:30", 1), 0);
  ::tzset();

  expect_golden("table_local_time.txt", rendered(Style::kTable, {}));
}

TEST(GoldenTest, Classic) { expect_golden("classic.txt", rendered(Style::kClassic, {})); }

TEST(GoldenTest, Csv) { expect_golden("events.csv", rendered(Style::kCsv, {})); }

TEST(GoldenTest, Json) { expect_golden("events.json", rendered(Style::kJson, {})); }

TEST(GoldenTest, StatsTable) { expect_golden("stats_table.txt", stats_table(test::sample_accounting())); }

TEST(StyleNames, AreThoseOfTheCommandLine) {
  EXPECT_EQ(style_named("table"), Style::kTable);
  EXPECT_EQ(style_named("classic"), Style::kClassic);
  EXPECT_EQ(style_named("json"), Style::kJson);
  EXPECT_EQ(style_named("csv"), Style::kCsv);
  EXPECT_EQ(style_named("JSON"), std::nullopt);
  EXPECT_EQ(style_named(""), std::nullopt);
}

}  // namespace
}  // namespace tcptrail::format
