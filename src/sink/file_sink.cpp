#include "sink/file_sink.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

namespace tcptrail::sink {
namespace {

constexpr std::size_t kBatchBytes = 64 * 1024;
constexpr int kPatienceMs = 1000;

bool is_regular(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

FileSink::FileSink(int fd, int stop_fd, std::unique_ptr<format::Formatter> formatter)
    : fd_(fd), stop_fd_(stop_fd), may_block_(!is_regular(fd)), formatter_(std::move(formatter)) {
  batch_.reserve(kBatchBytes + 4096);
  formatter_->append_header(batch_);
}

Result<SinkState> FileSink::put(const model::Event& event) {
  formatter_->append(batch_, event);
  lines_.push_back({batch_.size(), event.kind, model::counted(event)});
  return batch_.size() < kBatchBytes ? SinkState::kOpen : flush();
}

Result<SinkState> FileSink::flush() {
  std::size_t written = 0;
  auto state = write_batch(written);
  for (const Line& line : lines_) {
    if (line.end > written || static_cast<std::size_t>(line.counted.kind) >= model::kCountedKinds) continue;
    (line.kind == model::Kind::kFlood ? flooded_ : emitted_)[line.counted.kind] += line.counted.count;
  }
  batch_.clear();
  lines_.clear();
  return state;
}

Result<SinkState> FileSink::wait_writable() const {
  std::array<pollfd, 2> fds = {{{fd_, POLLOUT, 0}, {stop_fd_, POLLIN, 0}}};
  int ready = ::poll(fds.data(), fds.size(), -1);
  if (ready > 0 && fds[0].revents == 0) ready = ::poll(fds.data(), 1, kPatienceMs);
  if (ready < 0 && errno != EINTR) {
    return fail(ErrorCode::kFailed, fmt::format("cannot wait for the output: {}", std::strerror(errno)));
  }
  return ready == 0 ? SinkState::kStalled : SinkState::kOpen;
}

Result<SinkState> FileSink::write_batch(std::size_t& written) const {
  while (written < batch_.size()) {
    std::size_t length = batch_.size() - written;
    if (may_block_) {
      auto state = wait_writable();
      if (!state || *state != SinkState::kOpen) return state;
      // A pipe that polls as writable takes this much without blocking.
      length = std::min<std::size_t>(length, PIPE_BUF);
    }
    const ssize_t took = ::write(fd_, batch_.data() + written, length);
    if (took >= 0) {
      written += static_cast<std::size_t>(took);
    } else if (errno == EPIPE) {
      return SinkState::kClosed;
    } else if (errno != EINTR && errno != EAGAIN) {
      return fail(ErrorCode::kFailed, fmt::format("cannot write the output: {}", std::strerror(errno)));
    }
  }
  return SinkState::kOpen;
}

}  // namespace tcptrail::sink
