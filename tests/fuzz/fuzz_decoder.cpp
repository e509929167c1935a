// Any bytes as a record of the ring buffer, and as an entry of a flood map. What is decoded must have a
// proper form in every style.

#include <rapidjson/document.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>

#include "abi/event.h"
#include "format/fields.h"
#include "format/formatter.h"
#include "fuzz/check.h"
#include "kernel/decoder.h"

namespace {

using tcptrail::format::Options;
using tcptrail::format::Style;
using tcptrail::fuzz::check;

// What every style must keep to: whole lines, at most one, and nothing a terminal obeys in it.
std::string line_of(Style style, const tcptrail::model::Event& event) {
  const auto formatter = tcptrail::format::make_formatter(style, Options{.utc = true});
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

void check_json(const std::string& line) {
  rapidjson::Document object;
  object.Parse<rapidjson::kParseValidateEncodingFlag>(line.data(), line.size());
  check(!object.HasParseError() && object.IsObject(), "not a JSON object", line);
  check(object.HasMember("time") && object.HasMember("event") && object.HasMember("seq"),
        "fields are missing", line);
}

void check_csv(const std::string& line) {
  bool quoted = false;
  std::size_t columns = 1;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (c == ',' && !quoted) ++columns;
  }
  check(!quoted && columns == tcptrail::format::kFieldNames.size(), "not as many columns as the header",
        line);
}

void check_answer(const tcptrail::Result<tcptrail::model::Event>& event) {
  if (!event) {
    check(!event.error().message.empty(), "no message", "");
    return;
  }
  check_json(line_of(Style::kJson, *event));
  check_csv(line_of(Style::kCsv, *event));
  line_of(Style::kTable, *event);
  line_of(Style::kClassic, *event);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const tcptrail::WallClock kClock;
  check_answer(tcptrail::kernel::decode(std::as_bytes(std::span(data, size)), kClock));
  tt_flood_key key{};
  tt_flood flood{};
  if (size < sizeof(key) + sizeof(flood)) return 0;
  std::memcpy(&key, data, sizeof(key));
  std::memcpy(&flood, data + sizeof(key), sizeof(flood));
  check_answer(tcptrail::kernel::decode_flood(key, flood, kClock));
  return 0;
}
