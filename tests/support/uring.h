#pragma once
// connect() and accept() by io_uring, in each of the ways in which the kernel may come to run them.

#include <liburing.h>

#include <functional>
#include <string>

#include "support/posix.h"
#include "support/sockets.h"

namespace tcptrail::test {

enum class RingMode {
  kInline,  // in the submitting thread
  kWorker,  // IOSQE_ASYNC: in a worker thread of the process
  kPolled,  // IORING_SETUP_SQPOLL: in the thread that polls the ring
};

inline constexpr RingMode kRingModes[] = {RingMode::kInline, RingMode::kWorker, RingMode::kPolled};

std::string name_of(RingMode mode);

// A ring of the calling process. Only one request at a time.
class Ring {
 public:
  explicit Ring(RingMode mode);  // throws std::system_error where the kernel refuses
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  ~Ring();

  int try_connect(int socket, const SockAddr& target);  // 0 or errno
  void demand_connect(int socket, const SockAddr& target, int wanted_errno);

  UniqueFd accept(int listener);
  void start_accept(int listener);
  UniqueFd finish_accept();

  // Takes a connection into the ring's own table, where it has no descriptor, and closes it there.
  void accept_direct(int listener);
  // One request for every connection that comes, until the listener is shut down; the first of them.
  UniqueFd accept_multishot(int listener);

 private:
  void submit(const std::function<void(io_uring_sqe*)>& prepare);
  int wait();  // the result: a value or -errno; throws after 10 s

  RingMode mode_;
  io_uring ring_{};
};

}  // namespace tcptrail::test
