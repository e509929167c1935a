#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "base/clock.h"
#include "base/result.h"
#include "model/event.h"
#include "model/news.h"

namespace tcptrail::kernel {

// News (abi/news.h), and the event that it is as well: an exec or exit that was asked for.
struct DecodedNews {
  model::News news;
  std::optional<model::Event> event;
};

// Whether a record of the ring buffer is news, by its first bytes; else decode() takes it.
bool is_news(std::span<const std::byte> record);

// A record that is news. It is not trusted: whatever its bytes are, every text is within its bounds, or the
// answer is an error that says what is wrong with it.
Result<DecodedNews> decode_news(std::span<const std::byte> record, const WallClock& clock);

}  // namespace tcptrail::kernel
