// Any bytes as a name: escaped, it must be harmless, and JSON must give back what was UTF-8 in it.

#include <rapidjson/document.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.h"
#include "fuzz/check.h"

namespace {

using tcptrail::fuzz::check;

// C0, DEL and C1 as UTF-8. Bytes that are no UTF-8 have become text themselves.
bool has_control(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    if (byte < 0x20 || byte == 0x7f || (byte == 0xc2 && next >= 0x80 && next < 0xa0)) return true;
  }
  return false;
}

// The string that a JSON reader makes of it. Fails on what is not JSON or not UTF-8.
std::string read_json(const std::string& json) {
  rapidjson::Document value;
  value.Parse<rapidjson::kParseValidateEncodingFlag>(json.data(), json.size());
  check(!value.HasParseError() && value.IsString(), "not a JSON string", json);
  return {value.GetString(), value.GetStringLength()};
}

std::string to_json(std::string_view text) {
  std::string json;
  tcptrail::append_json_string(json, text);
  return json;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(data, data + size);

  const std::string json = to_json(input);
  check(!has_control(json), "a control character in JSON", json);
  const std::string read = read_json(json);
  if (read.find("\xef\xbf\xbd") == std::string::npos)
    check(read == input, "JSON reads as something else", json);
  check(read_json(to_json(read)) == read, "what JSON gives is not kept the second time", json);

  const std::string escaped = tcptrail::escape_text(input);
  check(!has_control(escaped), "a control character in text", escaped);
  check(read_json(to_json(escaped)) == escaped, "escaped text is not UTF-8", escaped);
  return 0;
}
