#include "base/text.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace tcptrail {
namespace {

bool is_continuation(unsigned char byte) { return (byte & 0xc0) == 0x80; }

// Length of the well-formed UTF-8 sequence at the start of text (Unicode 15, table 3-7), 0 if there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xc2 && lead <= 0xdf   ? 2
                             : (lead & 0xf0) == 0xe0        ? 3
                             : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                            : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(byte(i))) return 0;
  }
  const unsigned char second = byte(1);
  const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool surrogate = lead == 0xed && second > 0x9f;
  const bool too_large = lead == 0xf4 && second > 0x8f;
  return overlong || surrogate || too_large ? 0 : length;
}

// C0, DEL, and C1 (which terminals obey too).
bool is_control(std::string_view character) {
  const auto lead = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return lead < 0x20 || lead == 0x7f;
  return character.size() == 2 && lead == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
}

// Calls good(sequence) for each UTF-8 character and bad(byte) for each byte that belongs to none.
template <typename Good, typename Bad>
void for_each_character(std::string_view text, Good good, Bad bad) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      bad(static_cast<unsigned char>(text[0]));
      text.remove_prefix(1);
    } else {
      good(text.substr(0, length));
      text.remove_prefix(length);
    }
  }
}

}  // namespace

void append_escaped_text(std::string& out, std::string_view untrusted) {
  const auto hex = [&](unsigned char byte) { fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte); };
  for_each_character(
      untrusted,
      [&](std::string_view character) {
        if (is_control(character)) {
          for (const char byte : character) hex(static_cast<unsigned char>(byte));
        } else if (character == "\\") {
          out += "\\\\";
        } else {
          out += character;
        }
      },
      hex);
}

std::string escape_text(std::string_view untrusted) {
  std::string out;
  append_escaped_text(out, untrusted);
  return out;
}

void append_json_string(std::string& out, std::string_view untrusted) {
  out += '"';
  for_each_character(
      untrusted,
      [&](std::string_view character) {
        if (is_control(character)) {
          const auto code = static_cast<unsigned char>(character.back());
          fmt::format_to(std::back_inserter(out), "\\u00{:02x}", code);
        } else {
          if (character == "\"" || character == "\\") out += '\\';
          out += character;
        }
      },
      [&](unsigned char) { out += "\xef\xbf\xbd"; });
  out += '"';
}

void append_number(std::string& out, std::uint64_t number) {
  const fmt::format_int digits(number);
  out.append(digits.data(), digits.size());
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

}  // namespace tcptrail
