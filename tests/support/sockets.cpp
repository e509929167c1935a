#include "support/sockets.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

#include "support/cgroup.h"
#include "support/net_namespace.h"

namespace tcptrail::test {
namespace {

constexpr std::size_t kChunk = 16384;

const sockaddr_in& as_ipv4(const sockaddr_storage& storage) {
  return reinterpret_cast<const sockaddr_in&>(storage);
}

const sockaddr_in6& as_ipv6(const sockaddr_storage& storage) {
  return reinterpret_cast<const sockaddr_in6&>(storage);
}

// Longer than a tracer may take to start, as some wait for that.
void limit_waits(int socket) {
  const timeval limit{static_cast<time_t>(patiently(Seconds(25)).count()), 0};
  check(::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), "SO_RCVTIMEO");
}

// What is done for an io_uring in this thread interrupts a call with a time limit, signal or not.
ssize_t receive(int socket, char* data, std::size_t size) {
  for (;;) {
    const auto got = ::recv(socket, data, size, 0);
    if (got >= 0 || errno != EINTR) return got;
  }
}

}  // namespace

SockAddr::SockAddr(std::string_view ip, std::uint16_t port) {
  const std::string text(ip);
  int parsed = 0;
  if (ip.find(':') == std::string_view::npos) {
    auto& address = reinterpret_cast<sockaddr_in&>(storage_);
    address.sin_family = AF_INET;
    parsed = ::inet_pton(AF_INET, text.c_str(), &address.sin_addr);
  } else {
    auto& address = reinterpret_cast<sockaddr_in6&>(storage_);
    address.sin6_family = AF_INET6;
    parsed = ::inet_pton(AF_INET6, text.c_str(), &address.sin6_addr);
  }
  if (parsed != 1) throw std::invalid_argument(text);
  *this = with_port(port);
}

SockAddr SockAddr::local_of(int socket) {
  SockAddr address;
  socklen_t length = sizeof address.storage_;
  check(::getsockname(socket, reinterpret_cast<sockaddr*>(&address.storage_), &length), "getsockname");
  return address;
}

SockAddr SockAddr::peer_of(int socket) {
  SockAddr address;
  socklen_t length = sizeof address.storage_;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&address.storage_), &length) != 0) return {};
  return address;
}

socklen_t SockAddr::size() const { return family() == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6); }

bool SockAddr::mapped() const {
  return family() == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&as_ipv6(storage_).sin6_addr);
}

std::string SockAddr::ip() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (family() == AF_INET) {
    ::inet_ntop(AF_INET, &as_ipv4(storage_).sin_addr, text.data(), text.size());
  } else if (mapped()) {
    ::inet_ntop(AF_INET, &as_ipv6(storage_).sin6_addr.s6_addr[12], text.data(), text.size());
  } else {
    ::inet_ntop(AF_INET6, &as_ipv6(storage_).sin6_addr, text.data(), text.size());
  }
  return text.data();
}

std::uint16_t SockAddr::port() const {
  return ntohs(family() == AF_INET ? as_ipv4(storage_).sin_port : as_ipv6(storage_).sin6_port);
}

SockAddr SockAddr::with_port(std::uint16_t port) const {
  SockAddr copy = *this;
  if (family() == AF_INET) {
    reinterpret_cast<sockaddr_in&>(copy.storage_).sin_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in6&>(copy.storage_).sin6_port = htons(port);
  }
  return copy;
}

Identity own_identity() {
  Identity who{::getpid(), ::gettid(), ::geteuid(), ::getegid(), {}, current_netns(), current_cgroup_id()};
  ::prctl(PR_GET_NAME, who.comm);
  return who;
}

SocketFact fact_of(int socket) {
  return {own_identity(), SockAddr::local_of(socket), SockAddr::peer_of(socket)};
}

SocketFact fact_of(int socket, const SockAddr& target) {
  return {own_identity(), SockAddr::local_of(socket), target};
}

UniqueFd tcp_socket(int family, int flags, int protocol) {
  UniqueFd socket(check(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | flags, protocol), "socket"));
  limit_waits(socket.get());
  return socket;
}

UniqueFd bound_socket(const SockAddr& address, int flags) {
  UniqueFd socket = tcp_socket(address.family(), flags);
  check(::bind(socket.get(), address.get(), address.size()), "bind");
  return socket;
}

UniqueFd listen_at(const SockAddr& address, int backlog, int protocol) {
  UniqueFd socket = tcp_socket(address.family(), 0, protocol);
  const int on = 1;
  check(::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
  check(::bind(socket.get(), address.get(), address.size()), "bind");
  check(::listen(socket.get(), backlog), "listen");
  return socket;
}

UniqueFd accept_from(int listener) {
  if (!poll_for(listener, POLLIN, Seconds(10))) throw std::runtime_error("nobody connected");
  UniqueFd socket(check(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC), "accept4"));
  limit_waits(socket.get());
  return socket;
}

int try_connect(int socket, const SockAddr& target) {
  return ::connect(socket, target.get(), target.size()) == 0 ? 0 : errno;
}

void demand_connect(int socket, const SockAddr& target, int wanted_errno) {
  const int got = try_connect(socket, target);
  demand(got == wanted_errno, std::string("connect gave ") + std::strerror(got));
}

UniqueFd connect_to(const SockAddr& target) {
  UniqueFd socket = tcp_socket(target.family());
  check(::connect(socket.get(), target.get(), target.size()), "connect");
  return socket;
}

int pending_error(int socket) {
  int error = 0;
  socklen_t length = sizeof error;
  check(::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length), "SO_ERROR");
  return error;
}

void send_bytes(int socket, std::size_t count) {
  const std::array<char, kChunk> chunk{};
  while (count > 0) {
    count -= static_cast<std::size_t>(
        check(::send(socket, chunk.data(), std::min(count, chunk.size()), MSG_NOSIGNAL), "send"));
  }
}

void receive_bytes(int socket, std::size_t count) {
  std::array<char, kChunk> chunk{};
  while (count > 0) {
    const auto got = check(receive(socket, chunk.data(), std::min(count, chunk.size())), "recv");
    if (got == 0) throw std::runtime_error("the stream ended early");
    count -= static_cast<std::size_t>(got);
  }
}

void receive_until_end(int socket) {
  std::array<char, kChunk> chunk{};
  for (;;) {
    const auto got = receive(socket, chunk.data(), chunk.size());
    if (got == 0 || (got < 0 && errno == ECONNRESET)) return;
    check(got, "recv");
  }
}

void close_with_reset(UniqueFd socket) {
  const linger now{1, 0};
  check(::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now), "SO_LINGER");
}

void send_descriptor(int unix_socket, int fd) {
  char byte = 'f';
  iovec data{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  check(::sendmsg(unix_socket, &message, 0), "sendmsg");
}

UniqueFd receive_descriptor(int unix_socket) {
  if (!poll_for(unix_socket, POLLIN, Seconds(10))) throw std::runtime_error("no descriptor came");
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  check(::recvmsg(unix_socket, &message, MSG_CMSG_CLOEXEC), "recvmsg");
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr) throw std::runtime_error("the message carries no descriptor");
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return UniqueFd(fd);
}

}  // namespace tcptrail::test
