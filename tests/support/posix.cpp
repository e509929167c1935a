#include "support/posix.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace tcptrail::test {

Seconds patiently(Seconds limit) {
  static const double kTimes = [] {
    const char* const times = std::getenv("TCPTRAIL_PATIENCE");
    return times != nullptr ? std::stod(times) : 1.0;
  }();
  return limit * kTimes;
}

int scaled(int count) { return static_cast<int>(count / patiently(Seconds(1)).count()); }

void throw_errno(std::string_view what) {
  throw std::system_error(errno, std::generic_category(), std::string(what));
}

void demand(bool met, std::string_view what) {
  if (!met) throw std::runtime_error("the scenario went wrong: " + std::string(what));
}

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void UniqueFd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Pipe Pipe::make() {
  int ends[2];
  check(::pipe2(ends, O_CLOEXEC), "pipe2");
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

void Gate::open() const { check(::write(pipe_.write_end.get(), "g", 1), "opening a gate"); }

// Polls without reading, so that the gate stays open for whoever comes later.
void Gate::wait() const {
  if (!poll_for(pipe_.read_end.get(), POLLIN, Seconds(30))) throw std::runtime_error("a gate stayed shut");
}

bool poll_for(int fd, short events, Seconds timeout) {
  pollfd entry{fd, events, 0};
  const auto deadline = std::chrono::steady_clock::now() + patiently(timeout);
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    const int found = ::poll(&entry, 1, left.count() > 0 ? static_cast<int>(left.count()) : 0);
    if (found > 0) return true;
    if (found == 0) return false;
    if (errno != EINTR) throw_errno("poll");
  }
}

std::string read_whole(const std::string& path) {
  const UniqueFd file(check(::open(path.c_str(), O_RDONLY | O_CLOEXEC), path));
  std::string text;
  char chunk[16384];
  while (const auto got = check(::read(file.get(), chunk, sizeof chunk), path)) {
    text.append(chunk, static_cast<std::size_t>(got));
  }
  return text;
}

void write_whole(const std::string& path, std::string_view text) {
  const UniqueFd file(check(::open(path.c_str(), O_WRONLY | O_CLOEXEC), path));
  check(::write(file.get(), text.data(), text.size()), path);
}

void sleep_for(Seconds time) { std::this_thread::sleep_for(time); }

}  // namespace tcptrail::test
