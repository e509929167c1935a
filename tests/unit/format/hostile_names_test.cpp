// A process may call itself anything; in no style may that look like a line of ours, or move a cursor.

#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>

#include <algorithm>
#include <memory>
#include <string>

#include "format/formatter.h"
#include "unit/support/sample_events.h"

namespace tcptrail::format {
namespace {

using model::Kind;
using namespace std::string_literals;

const std::string kHostileNames[] = {
    "\n",
    "a\nclose 1",
    "\r\x1b[2K",
    "\x1b]0;title\x07",
    "\x7f\x08\x08",
    "\xc2\x9b[31m",
    "\xff\xfe\xfd\xfc",
    "\xed\xa0\x80\xed\xb0\x80",
    "\xf0\x9f\x98",
    R"("},{"pid":1)",
    R"(\",\u000a)",
    ",,,,,,,,,,,,,,,",
    R"(""""""""""""""")",
    R"(""""""""""""""")",
};

std::string line(Style style, const model::Event& event) {
  const auto formatter = make_formatter(style, {.utc = true, .verbose = true});
  std::string out;
  formatter->append(out, event);
  return out;
}

std::string line(Style style, const std::string& comm) {
  return line(style, test::named_event(Kind::kAttempt, comm));
}

// Whether there is a byte that a terminal may obey, other than the line's end.
bool has_control(const std::string& text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(text[i + 1]);
    if (byte < 0x20 || byte == 0x7f || (byte == 0xc2 && next >= 0x80 && next < 0xa0)) return true;
  }
  return false;
}

bool is_utf8(const std::string& text) {
  rapidjson::StringStream in(text.c_str());
  rapidjson::StringBuffer out;
  while (in.Tell() < text.size()) {
    if (!rapidjson::UTF8<>::Validate(in, out)) return false;
  }
  return true;
}

// The member of that name, or null.
const rapidjson::Value* find(const rapidjson::Document& object, const char* name) {
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() ? nullptr : &found->value;
}

TEST(HostileNames, MakeOneLineWithoutControlCharactersInEveryStyle) {
  for (const Style style : {Style::kTable, Style::kClassic, Style::kJson, Style::kCsv}) {
    for (const std::string& comm : kHostileNames) {
      const std::string out = line(style, comm);
      EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 1) << out;
      EXPECT_EQ(out.back(), '\n') << out;
      EXPECT_FALSE(has_control(out)) << testing::PrintToString(out);
      EXPECT_TRUE(is_utf8(out)) << testing::PrintToString(out);
    }
  }
}

// Its program, arguments, folder, parents, cgroup and container; the name of its peer.
TEST(HostileTexts, MakeOneLineWithoutControlCharactersInEveryStyle) {
  for (const Style style : {Style::kTable, Style::kJson, Style::kCsv}) {
    for (const Kind kind : {Kind::kConnect, Kind::kExec}) {
      for (const std::string& text : kHostileNames) {
        const std::string out = line(style, test::identified_event(kind, text));
        EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 1) << out;
        EXPECT_EQ(out.back(), '\n') << out;
        EXPECT_FALSE(has_control(out)) << testing::PrintToString(out);
        EXPECT_TRUE(is_utf8(out)) << testing::PrintToString(out);
      }
    }
  }
}

TEST(HostileTexts, AreCutInTheTableAtNoEscape) {
  for (std::size_t length = 140; length < 180; ++length) {
    for (const std::string& text :
         {std::string(length, '\x01'), std::string(length, '\\'), "x" + std::string(length, '\x01'),
          std::string(length, 'y') + "\xc3\xa9\xc3\xa9"}) {
      const std::string out = line(Style::kTable, test::identified_event(Kind::kExec, text));
      const std::size_t cut = out.find("…");
      ASSERT_NE(cut, std::string::npos) << out;
      std::string before = out.substr(out.find(": ") + 2, cut - out.find(": ") - 2);
      EXPECT_TRUE(is_utf8(before)) << before;
      for (std::size_t at = 0; (at = before.find('\\', at)) != std::string::npos;) {
        ASSERT_LT(at + 1, before.size()) << before;
        const std::size_t size = before[at + 1] == '\\' ? 2 : 4;
        ASSERT_LE(at + size, before.size()) << before;
        at += size;
      }
    }
  }
}

TEST(HostileNames, LeaveJsonAnObjectWithItsOwnFields) {
  for (const std::string& comm : kHostileNames) {
    const std::string out = line(Style::kJson, comm);
    rapidjson::Document object;
    object.Parse<rapidjson::kParseValidateEncodingFlag>(out.c_str());
    ASSERT_TRUE(object.IsObject()) << out;
    const auto* const pid = find(object, "pid");
    const auto* const name = find(object, "comm");
    EXPECT_TRUE(pid != nullptr && pid->IsUint() && pid->GetUint() == 1234U) << out;
    EXPECT_TRUE(name != nullptr && name->IsString()) << out;
  }
}

TEST(HostileNames, AreKeptInJsonWhereTheyAreUtf8) {
  const std::string out = line(Style::kJson, "\"\\\n\t\x7f\xc2\x9b");

  rapidjson::Document object;
  object.Parse(out.c_str());

  ASSERT_TRUE(object.IsObject()) << out;
  const auto* const name = find(object, "comm");
  ASSERT_TRUE(name != nullptr && name->IsString()) << out;
  EXPECT_EQ(name->GetString(), "\"\\\n\t\x7f\xc2\x9b"s);
}

TEST(HostileNames, CannotFillTheColumnsOfClassic) {
  EXPECT_EQ(line(Style::kClassic, "a b  1 2 3 4"),
            "1234   a b  1 2 3 4                  198.51.100.7     443 \n");
}

}  // namespace
}  // namespace tcptrail::format
