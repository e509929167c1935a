#pragma once

#include <cstddef>
#include <span>

#include "base/clock.h"
#include "base/result.h"
#include "model/event.h"

struct tt_flood;
struct tt_flood_key;

namespace tcptrail::kernel {

// A record of the ring buffer as an event. The record is not trusted: whatever its bytes are, the answer
// is an event whose every value is in range, or an error that says what is wrong with it.
Result<model::Event> decode(std::span<const std::byte> record, const WallClock& clock);

// The same for an entry of a flood map: a flood event, as of the last that it counts.
Result<model::Event> decode_flood(const tt_flood_key& key, const tt_flood& flood, const WallClock& clock);

}  // namespace tcptrail::kernel
