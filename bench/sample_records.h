// Invented records as the kernel programs make them, for benches that need no kernel.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "abi/event.h"
#include "model/news.h"

namespace tcptrail::bench {

// What a busy host's ring buffer may hold: both ends of loopback connections, each attempt, connect, accept
// and two closes; one attempt in eight fails; one in four is over IPv6. Ports, times, ids and addresses
// differ.
std::vector<tt_event> sample_records();

// What the kernel would have told of their processes before: each has a program, arguments, a container, and
// a few ancestors.
std::vector<model::News> sample_news();

// As the decoder gets it: no longer than its kind is.
inline std::span<const std::byte> bytes_of(const tt_event& record) {
  return std::as_bytes(std::span(&record, 1)).first(record.header.size);
}

}  // namespace tcptrail::bench
