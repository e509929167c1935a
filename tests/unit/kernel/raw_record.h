#pragma once

#include <cstddef>
#include <span>

#include "abi/event.h"

namespace tcptrail::test {

// A record as the kernel programs would make it, every field good and different from its neighbours.
struct RawRecord {
  explicit RawRecord(tt_kind kind);

  std::span<const std::byte> bytes() const { return first(event.header.size); }
  // Its first bytes, or also some that follow it.
  std::span<const std::byte> first(std::size_t size) const {
    return std::as_bytes(std::span(&event, 1)).first(size);
  }

  tt_event event{};
};

// Its own length for each kind.
std::size_t record_size(tt_kind kind);

}  // namespace tcptrail::test
