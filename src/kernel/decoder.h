#pragma once

#include <cstddef>
#include <span>

#include "base/clock.h"
#include "base/result.h"
#include "model/event.h"

namespace tcptrail::kernel {

// A record of the ring buffer as an event. The record is not trusted: whatever its bytes are, the answer
// is an event whose every value is in range, or an error that says what is wrong with it.
Result<model::Event> decode(std::span<const std::byte> record, const WallClock& clock);

}  // namespace tcptrail::kernel
