#pragma once
// Sockets for scenarios, and the facts about them that the tracer must report. Every wait has a limit.

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "support/posix.h"

namespace tcptrail::test {

class SockAddr {
 public:
  SockAddr() = default;
  SockAddr(std::string_view ip, std::uint16_t port);  // IPv6 if `ip` has a colon (also ::ffff:a.b.c.d)
  static SockAddr local_of(int socket);
  static SockAddr peer_of(int socket);

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const;
  int family() const { return storage_.ss_family; }
  bool mapped() const;
  std::string ip() const;  // as the contract prints it: dotted for a mapped address
  std::uint16_t port() const;
  SockAddr with_port(std::uint16_t port) const;

 private:
  sockaddr_storage storage_{};
};

// Who a thread is, by its own account.
struct Identity {
  pid_t pid = 0;
  pid_t tid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
  char comm[16] = {};
  std::uint64_t netns = 0;
  std::uint64_t cgroup = 0;
};
Identity own_identity();

struct SocketFact {
  Identity who;
  SockAddr local;  // port 0: not known
  SockAddr remote;
};
SocketFact fact_of(int socket);                          // a connected or listening one
SocketFact fact_of(int socket, const SockAddr& target);  // one about to connect

constexpr int kMptcp = 262;  // IPPROTO_MPTCP, which older headers lack

UniqueFd tcp_socket(int family, int flags = 0, int protocol = IPPROTO_TCP);
UniqueFd bound_socket(const SockAddr& address, int flags = 0);
UniqueFd listen_at(const SockAddr& address, int backlog = 16, int protocol = IPPROTO_TCP);
UniqueFd accept_from(int listener);

void demand_connect(int socket, const SockAddr& target, int wanted_errno);
int try_connect(int socket, const SockAddr& target);  // 0 or errno
UniqueFd connect_to(const SockAddr& target);          // throws if it fails
int pending_error(int socket);                        // SO_ERROR, which clears it

// Nobody listens there in a namespace of the test's own, and no ephemeral port is ever chosen so low.
constexpr std::uint16_t kClosedPort = 9;

void send_bytes(int socket, std::size_t count);
void receive_bytes(int socket, std::size_t count);  // throws if the stream ends before
void receive_until_end(int socket);                 // a reset counts as an end
void close_with_reset(UniqueFd socket);             // SO_LINGER 0

void send_descriptor(int unix_socket, int fd);
UniqueFd receive_descriptor(int unix_socket);

}  // namespace tcptrail::test
