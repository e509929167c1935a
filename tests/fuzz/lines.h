#pragma once

#include <rapidjson/document.h>

#include <algorithm>
#include <cstddef>
#include <string>

#include "format/fields.h"
#include "format/formatter.h"
#include "fuzz/check.h"

// What every event must come to, whatever it is made of: a proper form in every style.
namespace tcptrail::fuzz {

using format::Options;
using format::Style;

// What every style must keep to: whole lines, at most one, and nothing a terminal obeys in it.
inline std::string line_of(Style style, const model::Event& event) {
  const auto formatter = format::make_formatter(style, Options{.utc = true, .verbose = true});
  std::string out;
  formatter->append(out, event);
  if (out.empty()) return out;
  check(std::count(out.begin(), out.end(), '\n') == 1 && out.back() == '\n', "not one line", out);
  const auto is_control = [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == '\x7f';
  };
  check(std::none_of(out.begin(), out.end(), is_control), "a control character", out);
  return out;
}

inline void check_json(const std::string& line) {
  rapidjson::Document object;
  object.Parse<rapidjson::kParseValidateEncodingFlag>(line.data(), line.size());
  check(!object.HasParseError() && object.IsObject(), "not a JSON object", line);
  check(object.HasMember("time") && object.HasMember("event") && object.HasMember("seq"),
        "fields are missing", line);
}

inline void check_csv(const std::string& line) {
  bool quoted = false;
  std::size_t columns = 1;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (c == ',' && !quoted) ++columns;
  }
  check(!quoted && columns == format::kFieldNames.size(), "not as many columns as the header", line);
}

inline void check_lines(const model::Event& event) {
  check_json(line_of(Style::kJson, event));
  check_csv(line_of(Style::kCsv, event));
  line_of(Style::kTable, event);
  line_of(Style::kClassic, event);
}

}  // namespace tcptrail::fuzz
