#include "cli/private_network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

namespace tcptrail::cli {
namespace {

constexpr time_t kMostSeconds = 10;

tl::unexpected<Error> failed(const char* what) {
  const bool denied = errno == EPERM || errno == EACCES;
  return fail(
      denied ? ErrorCode::kDenied : ErrorCode::kFailed,
      fmt::format("the self-test needs a network namespace of its own (CAP_SYS_ADMIN, CAP_NET_ADMIN): "
                  "{}: {}",
                  what, std::strerror(errno)));
}

// In a thread, as the namespace of the others stays what it is.
template <typename Work>
Result<UniqueFd> in_thread(Work work) {
  Result<UniqueFd> result;
  std::thread([&] { result = work(); }).join();
  return result;
}

bool bring_up_loopback() {
  const UniqueFd control(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", sizeof("lo"));
  request.ifr_flags = IFF_UP;
  return ::ioctl(control.get(), SIOCSIFFLAGS, &request) == 0;
}

Result<UniqueFd> enter_new_namespace() {
  if (::unshare(CLONE_NEWNET) != 0) return failed("unshare");
  if (!bring_up_loopback()) return failed("bringing lo up");
  UniqueFd fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!fd) return failed("/proc/thread-self/ns/net");
  return fd;
}

template <typename Address>
SocketAddress stored(const Address& address) {
  SocketAddress stored;
  stored.size = sizeof(address);
  std::memcpy(&stored.storage, &address, sizeof(address));
  return stored;
}

std::uint16_t port_of(int fd) {
  sockaddr_in6 address{};  // the port has the same place in both families
  socklen_t size = sizeof(address);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin6_port);
}

}  // namespace

SocketAddress ipv4(const char* ip, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  ::inet_pton(AF_INET, ip, &address.sin_addr);
  return stored(address);
}

SocketAddress loopback(int family, std::uint16_t port) {
  if (family == AF_INET) return ipv4("127.0.0.1", port);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  address.sin6_addr = IN6ADDR_LOOPBACK_INIT;
  return stored(address);
}

Result<void> expect(const char* call, long result, int wanted_errno) {
  const int error = result < 0 ? errno : 0;
  if (error == wanted_errno) return {};
  return fail(ErrorCode::kFailed,
              fmt::format("the self-test's own {}: {}", call,
                          error == 0 ? "success, which cannot be" : std::strerror(error)));
}

Result<PrivateNetwork> PrivateNetwork::make() {
  auto entered = in_thread(enter_new_namespace);
  if (!entered) return tl::unexpected(entered.error());
  PrivateNetwork network;
  network.namespace_ = *std::move(entered);
  struct stat status {};
  if (::fstat(network.namespace_.get(), &status) != 0) return failed("fstat");
  network.inode_ = static_cast<std::uint32_t>(status.st_ino);
  return network;
}

Result<UniqueFd> PrivateNetwork::socket(int family, int flags) const {
  return in_thread([&]() -> Result<UniqueFd> {
    if (::setns(namespace_.get(), CLONE_NEWNET) != 0) return failed("setns");
    UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | flags, IPPROTO_TCP));
    const timeval most{kMostSeconds, 0};
    if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most)) != 0 ||
        ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most)) != 0)
      return failed("socket");
    return fd;
  });
}

Result<UniqueFd> PrivateNetwork::tcp_socket(int family) const { return socket(family, 0); }

Result<BoundSocket> PrivateNetwork::bound_socket(int family) const {
  auto fd = tcp_socket(family);
  if (!fd) return tl::unexpected(fd.error());
  const SocketAddress address = loopback(family, 0);
  return expect("bind", ::bind(fd->get(), address.get(), address.size)).map([&] {
    const std::uint16_t port = port_of(fd->get());
    return BoundSocket{*std::move(fd), port};
  });
}

Result<void> PrivateNetwork::run_own_program() const {
  return in_thread([&]() -> Result<UniqueFd> {
           if (::setns(namespace_.get(), CLONE_NEWNET) != 0) return failed("setns");
           std::string name = "tcptrail";
           std::string option = "--version";
           const std::array<char*, 3> arguments = {name.data(), option.data(), nullptr};
           posix_spawn_file_actions_t actions{};
           ::posix_spawn_file_actions_init(&actions);
           ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
           pid_t pid = -1;
           errno = ::posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, arguments.data(), environ);
           ::posix_spawn_file_actions_destroy(&actions);
           if (errno != 0) return failed("posix_spawn");
           int status = 0;
           if (::waitpid(pid, &status, 0) != pid) return failed("waitpid");
           return UniqueFd();
         })
      .map([](const UniqueFd&) {});
}

Result<UniqueFd> PrivateNetwork::connect(const SocketAddress& address, int wanted_errno, int flags) const {
  auto fd = socket(address.storage.ss_family, flags);
  if (!fd) return fd;
  return expect("connect", ::connect(fd->get(), address.get(), address.size), wanted_errno).map([&] {
    return *std::move(fd);
  });
}

}  // namespace tcptrail::cli
