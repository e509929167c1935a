// Any bytes as a record of the ring buffer, and as an entry of a flood map. What is decoded must have a
// proper form in every style.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "abi/event.h"
#include "fuzz/check.h"
#include "fuzz/lines.h"
#include "kernel/decoder.h"

namespace {

using tcptrail::fuzz::check;

void check_answer(const tcptrail::Result<tcptrail::model::Event>& event) {
  if (event) {
    tcptrail::fuzz::check_lines(*event);
  } else {
    check(!event.error().message.empty(), "no message", "");
  }
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
