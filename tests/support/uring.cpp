#include "support/uring.h"

#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace tcptrail::test {
namespace {

constexpr unsigned kEntries = 4;

// liburing hands errors out negated.
int check_uring(int result, std::string_view what) {
  if (result < 0) throw std::system_error(-result, std::generic_category(), std::string(what));
  return result;
}

}  // namespace

std::string name_of(RingMode mode) {
  switch (mode) {
    case RingMode::kInline:
      return "Inline";
    case RingMode::kWorker:
      return "Worker";
    case RingMode::kPolled:
      return "Polled";
  }
  throw std::invalid_argument("no such mode");
}

Ring::Ring(RingMode mode) : mode_(mode) {
  const unsigned flags = mode == RingMode::kPolled ? IORING_SETUP_SQPOLL : 0;
  check_uring(::io_uring_queue_init(kEntries, &ring_, flags), "io_uring_setup");
}

Ring::~Ring() { ::io_uring_queue_exit(&ring_); }

void Ring::submit(const std::function<void(io_uring_sqe*)>& prepare) {
  io_uring_sqe* entry = ::io_uring_get_sqe(&ring_);
  if (entry == nullptr) throw std::runtime_error("the ring is full");
  prepare(entry);
  if (mode_ == RingMode::kWorker) entry->flags |= IOSQE_ASYNC;
  check_uring(::io_uring_submit(&ring_), "io_uring_submit");
}

int Ring::wait() {
  io_uring_cqe* completion = nullptr;
  __kernel_timespec limit{static_cast<std::int64_t>(patiently(Seconds(10)).count()), 0};
  check_uring(::io_uring_wait_cqe_timeout(&ring_, &completion, &limit), "waiting for the ring");
  const int result = completion->res;
  ::io_uring_cqe_seen(&ring_, completion);
  return result;
}

int Ring::try_connect(int socket, const SockAddr& target) {
  submit([&](io_uring_sqe* entry) { ::io_uring_prep_connect(entry, socket, target.get(), target.size()); });
  return -wait();
}

void Ring::demand_connect(int socket, const SockAddr& target, int wanted_errno) {
  const int got = try_connect(socket, target);
  demand(got == wanted_errno, "connect by io_uring gave " + std::generic_category().message(got));
}

UniqueFd Ring::accept(int listener) {
  start_accept(listener);
  return finish_accept();
}

void Ring::start_accept(int listener) {
  submit(
      [&](io_uring_sqe* entry) { ::io_uring_prep_accept(entry, listener, nullptr, nullptr, SOCK_CLOEXEC); });
}

UniqueFd Ring::finish_accept() { return UniqueFd(check_uring(wait(), "accept by io_uring")); }

void Ring::accept_direct(int listener) {
  const int empty = -1;
  check_uring(::io_uring_register_files(&ring_, &empty, 1), "io_uring_register_files");
  submit(
      [&](io_uring_sqe* entry) { ::io_uring_prep_accept_direct(entry, listener, nullptr, nullptr, 0, 0); });
  check_uring(wait(), "accept by io_uring without a descriptor");
  submit([](io_uring_sqe* entry) { ::io_uring_prep_close_direct(entry, 0); });
  check_uring(wait(), "close by io_uring");
}

UniqueFd Ring::accept_multishot(int listener) {
  submit([&](io_uring_sqe* entry) {
    ::io_uring_prep_multishot_accept(entry, listener, nullptr, nullptr, SOCK_CLOEXEC);
  });
  return UniqueFd(check_uring(wait(), "multishot accept by io_uring"));
}

}  // namespace tcptrail::test
