#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "base/result.h"

struct ring_buffer;

namespace tcptrail::kernel {

// Reads the records of a ring buffer in order. One thread only.
class RingReader {
 public:
  using OnRecord = std::function<void(std::span<const std::byte>)>;

  static Result<std::unique_ptr<RingReader>> open(int map, OnRecord on_record);
  ~RingReader();
  RingReader(const RingReader&) = delete;
  RingReader& operator=(const RingReader&) = delete;

  // Hands over what is there now, and what comes while it does so, up to a bound. Returns whether it is
  // empty now; if not, more is probably waiting.
  Result<bool> consume();

  // Whether all that was put into it so far has been handed over. It may not have been though nothing is
  // ready: records behind one that is still being written have to wait for it.
  bool is_empty() const;

 private:
  RingReader() = default;
  // Up to where the ring was read and written, in bytes since it was made.
  std::uint64_t position(std::size_t page) const;
  static int on_sample(void* context, void* data, std::size_t size);

  OnRecord on_record_;
  std::size_t taken_ = 0;
  ring_buffer* ring_ = nullptr;
  std::size_t page_size_ = 0;
  const std::byte* positions_ = nullptr;  // a page with the reader's, one with the writers'
};

}  // namespace tcptrail::kernel
