#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tcptrail {

// For terminals and logs: control characters and bytes that are not UTF-8 become \xNN, and a backslash
// becomes two, so that no name can forge a line or be mistaken for another.
void append_escaped_text(std::string& out, std::string_view untrusted);
std::string escape_text(std::string_view untrusted);

// A JSON string with its quotes: control characters become \u00XX, what is not UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view untrusted);

void append_number(std::string& out, std::uint64_t number);

// The whole text as a decimal number of that type, or nothing.
template <typename T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || parsed != end) return std::nullopt;
  return value;
}

// "a,b" → a, b. Empty parts are kept, for the caller to refuse.
std::vector<std::string_view> split(std::string_view text, char separator);

}  // namespace tcptrail
