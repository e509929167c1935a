// Untrusted text on its way to a terminal, a log or a JSON line.

#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <ostream>
#include <string>

namespace tcptrail {
namespace {

using testing::ElementsAre;
using namespace std::string_literals;

struct EscapeCase {
  const char* name;
  std::string untrusted;
  std::string text;  // as escape_text() has it
  std::string json;  // as append_json_string() has it, between the quotes
};

std::ostream& operator<<(std::ostream& out, const EscapeCase& one) { return out << one.name; }

class TextEscaping : public testing::TestWithParam<EscapeCase> {};

TEST_P(TextEscaping, ForText) { EXPECT_EQ(escape_text(GetParam().untrusted), GetParam().text); }

TEST_P(TextEscaping, ForJson) {
  std::string out = "before ";

  append_json_string(out, GetParam().untrusted);

  EXPECT_EQ(out, "before \"" + GetParam().json + "\"");
}

// U+FFFD, which stands for each byte that is not UTF-8.
const std::string kReplacement = "\xef\xbf\xbd";

INSTANTIATE_TEST_SUITE_P(
    Plain, TextEscaping,
    testing::Values(EscapeCase{"Empty", "", "", ""},
                    EscapeCase{"Ascii", "curl 7~ /'", "curl 7~ /'", "curl 7~ /'"},
                    EscapeCase{"Backslash", R"(a\b)", R"(a\\b)", R"(a\\b)"},
                    EscapeCase{"LooksEscaped", R"(\x0a)", R"(\\x0a)", R"(\\x0a)"},
                    EscapeCase{"Quote", R"(a"b)", R"(a"b)", R"(a\"b)"},
                    EscapeCase{"TwoBytes", "\xc2\xa0\xdf\xbf", "\xc2\xa0\xdf\xbf", "\xc2\xa0\xdf\xbf"},
                    EscapeCase{"ThreeBytes", "\xe0\xa0\x80\xef\xbf\xbf", "\xe0\xa0\x80\xef\xbf\xbf",
                               "\xe0\xa0\x80\xef\xbf\xbf"},
                    EscapeCase{"BesideSurrogates", "\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80",
                               "\xed\x9f\xbf\xee\x80\x80"},
                    EscapeCase{"FourBytes", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
                               "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"}),
    testing::PrintToStringParamName());

INSTANTIATE_TEST_SUITE_P(
    Control, TextEscaping,
    testing::Values(EscapeCase{"Newline", "a\nb", R"(a\x0ab)", R"(a\u000ab)"},
                    EscapeCase{"Nul", "a\0b"s, R"(a\x00b)", R"(a\u0000b)"},
                    EscapeCase{"Tab", "\t", R"(\x09)", R"(\u0009)"},
                    EscapeCase{"Return", "\r", R"(\x0d)", R"(\u000d)"},
                    EscapeCase{"TerminalSequence", "\x1b[2J", R"(\x1b[2J)", R"(\u001b[2J)"},
                    EscapeCase{"LastOfC0", "\x1f ", R"(\x1f )", R"(\u001f )"},
                    EscapeCase{"Delete", "\x7f", R"(\x7f)", R"(\u007f)"},
                    EscapeCase{"FirstOfC1", "\xc2\x80", R"(\xc2\x80)", R"(\u0080)"},
                    EscapeCase{"ControlSequenceOfC1", "\xc2\x9b", R"(\xc2\x9b)", R"(\u009b)"},
                    EscapeCase{"LastOfC1", "\xc2\x9f", R"(\xc2\x9f)", R"(\u009f)"}),
    testing::PrintToStringParamName());

INSTANTIATE_TEST_SUITE_P(
    NotUtf8, TextEscaping,
    testing::Values(EscapeCase{"LoneContinuation", "a\x80z", R"(a\x80z)", "a" + kReplacement + "z"},
                    EscapeCase{"NeverAnyUse", "\xc0\xc1\xf5\xff", R"(\xc0\xc1\xf5\xff)",
                               kReplacement + kReplacement + kReplacement + kReplacement},
                    EscapeCase{"OverlongTwo", "\xc0\x8a", R"(\xc0\x8a)", kReplacement + kReplacement},
                    EscapeCase{"OverlongThree", "\xe0\x9f\xbf", R"(\xe0\x9f\xbf)",
                               kReplacement + kReplacement + kReplacement},
                    EscapeCase{"OverlongFour", "\xf0\x8f\xbf\xbf", R"(\xf0\x8f\xbf\xbf)",
                               kReplacement + kReplacement + kReplacement + kReplacement},
                    EscapeCase{"FirstSurrogate", "\xed\xa0\x80", R"(\xed\xa0\x80)",
                               kReplacement + kReplacement + kReplacement},
                    EscapeCase{"LastSurrogate", "\xed\xbf\xbf", R"(\xed\xbf\xbf)",
                               kReplacement + kReplacement + kReplacement},
                    EscapeCase{"PastUnicode", "\xf4\x90\x80\x80", R"(\xf4\x90\x80\x80)",
                               kReplacement + kReplacement + kReplacement + kReplacement},
                    EscapeCase{"CutTwo", "a\xc3", R"(a\xc3)", "a" + kReplacement},
                    EscapeCase{"CutThree", "\xe2\x82", R"(\xe2\x82)", kReplacement + kReplacement},
                    EscapeCase{"CutFour", "\xf0\x9f\x98", R"(\xf0\x9f\x98)",
                               kReplacement + kReplacement + kReplacement},
                    EscapeCase{"GoodAfterBad", "\xe2\x82\xc3\xa9", "\\xe2\\x82\xc3\xa9",
                               kReplacement + kReplacement + "\xc3\xa9"},
                    EscapeCase{"NewlineAfterLead", "\xe2\n", R"(\xe2\x0a)", kReplacement + R"(\u000a)"}),
    testing::PrintToStringParamName());

TEST(ParseInteger, TakesTheWholeRange) {
  EXPECT_EQ(parse_number<std::uint16_t>("0"), 0);
  EXPECT_EQ(parse_number<std::uint16_t>("65535"), 65535);
  EXPECT_EQ(parse_number<std::uint64_t>("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(parse_number<std::int32_t>("-2147483648"), INT32_MIN);
  EXPECT_EQ(parse_number<std::uint32_t>("0007"), 7U);
}

TEST(ParseInteger, RefusesWhatIsOutOfRange) {
  EXPECT_EQ(parse_number<std::uint16_t>("65536"), std::nullopt);
  EXPECT_EQ(parse_number<std::uint16_t>("-1"), std::nullopt);
  EXPECT_EQ(parse_number<std::uint64_t>("18446744073709551616"), std::nullopt);
  EXPECT_EQ(parse_number<std::int32_t>("2147483648"), std::nullopt);
}

TEST(ParseInteger, RefusesWhatIsNotOneDecimalNumber) {
  for (const char* const text : {"", " ", "-", "+1", " 1", "1 ", "1,2", "0x10", "1e3", "1.0", "eins"}) {
    EXPECT_EQ(parse_number<std::uint32_t>(text), std::nullopt) << "of '" << text << "'";
  }
}

TEST(ParseInteger, LooksNoFurtherThanTheTextGoes) {
  const std::string_view digits = "8080";

  EXPECT_EQ(parse_number<std::uint16_t>(digits.substr(0, 2)), 80);
  EXPECT_EQ(parse_number<std::uint16_t>("80\0"s), std::nullopt);
}

TEST(Split, KeepsEveryPart) {
  EXPECT_THAT(split("a,b,c", ','), ElementsAre("a", "b", "c"));
  EXPECT_THAT(split("alone", ','), ElementsAre("alone"));
}

TEST(Split, KeepsEmptyParts) {
  EXPECT_THAT(split("", ','), ElementsAre(""));
  EXPECT_THAT(split(",a,,b,", ','), ElementsAre("", "a", "", "b", ""));
}

}  // namespace
}  // namespace tcptrail
