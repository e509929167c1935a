#include "kernel/ring_reader.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace tcptrail::kernel {
namespace {

// So that the reader looks up from a flood now and then: to write, to count, to stop.
constexpr std::size_t kMostAtOnce = 8192;

}  // namespace

Result<std::unique_ptr<RingReader>> RingReader::open(int map, OnRecord on_record) {
  std::unique_ptr<RingReader> reader(new RingReader);
  reader->on_record_ = std::move(on_record);
  reader->ring_ = ring_buffer__new(map, &RingReader::on_sample, reader.get(), nullptr);
  if (reader->ring_ == nullptr) {
    return fail(ErrorCode::kFailed, fmt::format("cannot map the ring buffer: {}", std::strerror(errno)));
  }
  return reader;
}

RingReader::~RingReader() { ring_buffer__free(ring_); }

int RingReader::on_sample(void* context, void* data, std::size_t size) {
  auto* const self = static_cast<RingReader*>(context);
  self->on_record_({static_cast<const std::byte*>(data), size});
  return ++self->taken_ < kMostAtOnce ? 0 : -EAGAIN;
}

Result<bool> RingReader::consume() {
  taken_ = 0;
  const int taken = ring_buffer__consume(ring_);
  if (taken >= 0) return true;
  if (taken == -EAGAIN) return false;
  return fail(ErrorCode::kFailed, fmt::format("cannot read the ring buffer: {}", std::strerror(-taken)));
}

}  // namespace tcptrail::kernel
