#pragma once

#include <sys/socket.h>

#include <cstdint>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tcptrail::cli {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};
// 127.0.0.1 or ::1.
SocketAddress loopback(int family, std::uint16_t port);
SocketAddress ipv4(const char* ip, std::uint16_t port);

struct BoundSocket {
  UniqueFd fd;
  std::uint16_t port = 0;
};

// A network namespace with nothing in it but its loopback, and no way out. It goes when this and its sockets
// are gone. Those are in it whatever namespace their user is in; none of their calls waits longer than 10 s.
class PrivateNetwork {
 public:
  // Needs CAP_SYS_ADMIN and CAP_NET_ADMIN.
  static Result<PrivateNetwork> make();
  std::uint32_t inode() const { return inode_; }

  Result<UniqueFd> tcp_socket(int family) const;
  // To a free port of the loopback.
  Result<BoundSocket> bound_socket(int family) const;
  // Starts this program in it, to say its version to nobody, and waits for its end.
  Result<void> run_own_program() const;
  // The socket after a connect() that must have this outcome; 0: success.
  Result<UniqueFd> connect(const SocketAddress& address, int wanted_errno = 0, int flags = 0) const;

 private:
  Result<UniqueFd> socket(int family, int flags) const;

  UniqueFd namespace_;
  std::uint32_t inode_ = 0;
};

// The result of a system call that must have this outcome.
Result<void> expect(const char* call, long result, int wanted_errno = 0);

}  // namespace tcptrail::cli
