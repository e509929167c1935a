#pragma once
// The few POSIX tools that every test needs: owned descriptors, errors as exceptions, a gate between
// processes.

#include <cerrno>
#include <chrono>
#include <concepts>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace tcptrail::test {

using Seconds = std::chrono::duration<double>;

// The limits that tests set are a healthy machine's, and only a failure takes them whole. A slower one, as an
// emulated machine, waits $TCPTRAIL_PATIENCE times as long.
Seconds patiently(Seconds limit);
// Of what there should be many, so much fewer there.
int scaled(int count);

[[noreturn]] void throw_errno(std::string_view what);

// A system call's result, or std::system_error naming `what`.
template <std::signed_integral T>
T check(T result, std::string_view what) {
  if (result < 0) throw_errno(what);
  return result;
}

// A scenario that did not go as planned proves nothing about the tracer: it must fail by itself.
void demand(bool met, std::string_view what);

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept;
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
  static Pipe make();
};

// Made before fork(): any number of processes wait until one of them opens it. Stays open.
class Gate {
 public:
  Gate() : pipe_(Pipe::make()) {}
  void open() const;
  void wait() const;  // at most 15 s, then throws

 private:
  Pipe pipe_;
};

// True once `fd` has one of `events`; false at the timeout, which is taken patiently.
bool poll_for(int fd, short events, Seconds timeout);

std::string read_whole(const std::string& path);  // throws
void write_whole(const std::string& path, std::string_view text);

// Waits until `condition` holds, asking every few milliseconds; the condition's last answer. Patiently, too.
template <typename Condition>
bool eventually(Seconds timeout, Condition condition);

void sleep_for(Seconds time);

template <typename Condition>
bool eventually(Seconds timeout, Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + patiently(timeout);
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    sleep_for(Seconds(0.005));
  }
  return true;
}

}  // namespace tcptrail::test
