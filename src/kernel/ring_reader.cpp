#include "kernel/ring_reader.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tcptrail::kernel {
namespace {

// So that the reader looks up from a flood now and then: to write, to count, to stop.
constexpr std::size_t kMostAtOnce = 8192;

enum Page : std::size_t { kReaders, kWriters, kPages };

}  // namespace

Result<std::unique_ptr<RingReader>> RingReader::open(int map, OnRecord on_record) {
  std::unique_ptr<RingReader> reader(new RingReader);
  reader->on_record_ = std::move(on_record);
  reader->ring_ = ring_buffer__new(map, &RingReader::on_sample, reader.get(), nullptr);
  if (reader->ring_ == nullptr) {
    return fail(ErrorCode::kFailed, fmt::format("cannot map the ring buffer: {}", std::strerror(errno)));
  }
  reader->page_size_ = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* const pages = ::mmap(nullptr, kPages * reader->page_size_, PROT_READ, MAP_SHARED, map, 0);
  if (pages == MAP_FAILED) {
    return fail(ErrorCode::kFailed,
                fmt::format("cannot map the ring buffer's positions: {}", std::strerror(errno)));
  }
  reader->positions_ = static_cast<const std::byte*>(pages);
  return reader;
}

RingReader::~RingReader() {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): munmap() takes what mmap() gave
  if (positions_ != nullptr) ::munmap(const_cast<std::byte*>(positions_), kPages * page_size_);
  ring_buffer__free(ring_);
}

std::uint64_t RingReader::position(std::size_t page) const {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the kernel keeps it there
  const auto* const at = reinterpret_cast<const unsigned long*>(positions_ + page * page_size_);
  return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

bool RingReader::is_empty() const { return position(kReaders) == position(kWriters); }

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
