#include "support/net_namespace.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <exception>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace tcptrail::test {
namespace {

constexpr const char* kThreadNamespace = "/proc/thread-self/ns/net";

// <linux/ipv6.h> clashes with <netinet/in.h>, so the request of SIOCSIFADDR for IPv6 is stated here.
struct Ipv6Request {
  in6_addr address;
  std::uint32_t prefix;
  int interface;
};

ifreq request_for(std::string_view interface) {
  ifreq request{};
  if (interface.size() >= sizeof request.ifr_name) throw std::invalid_argument("interface name too long");
  std::memcpy(request.ifr_name, interface.data(), interface.size());
  return request;
}

UniqueFd control_socket(int family = AF_INET) {
  return UniqueFd(check(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
}

void set_ipv4(std::string_view interface, unsigned long code, in_addr value) {
  ifreq request = request_for(interface);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr = value;
  std::memcpy(&request.ifr_addr, &address, sizeof address);
  check(::ioctl(control_socket().get(), code, &request), "setting an address");
}

template <typename Body>
void in_thread(Body body) {
  std::exception_ptr failure;
  std::thread worker([&] {
    try {
      body();
    } catch (...) {
      failure = std::current_exception();
    }
  });
  worker.join();
  if (failure) std::rethrow_exception(failure);
}

// One line of /proc/net/tcp is a socket; timer 3 marks a TIME_WAIT stand-in, of which no event comes any
// more. State 0A is a listener, which may well outlast the scenario.
bool any_socket_alive(const std::string& table) {
  std::istringstream lines(table);
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    std::string slot, local, remote, state, queues, timer;
    fields >> slot >> local >> remote >> state >> queues >> timer;
    if (state != "0A" && timer.substr(0, 2) != "03") return true;
  }
  return false;
}

}  // namespace

std::uint64_t current_netns() {
  struct stat info {};
  check(::stat(kThreadNamespace, &info), kThreadNamespace);
  return info.st_ino;
}

TestNamespace::TestNamespace() {
  in_thread([this] {
    check(::unshare(CLONE_NEWNET), "unshare(CLONE_NEWNET)");
    fd_ = UniqueFd(check(::open(kThreadNamespace, O_RDONLY | O_CLOEXEC), kThreadNamespace));
    inode_ = current_netns();
  });
  bring_up("lo");
}

void TestNamespace::enter() const { check(::setns(fd_.get(), CLONE_NEWNET), "setns"); }

void TestNamespace::run(const std::function<void()>& body) const {
  in_thread([&] {
    enter();
    body();
  });
}

Child TestNamespace::spawn(const std::function<void()>& body) const {
  return test::spawn([&] {
    enter();
    body();
  });
}

void TestNamespace::set_sysctl(std::string_view name, std::string_view value) const {
  run([&] { write_whole("/proc/sys/net/" + std::string(name), value); });
}

bool TestNamespace::has_sysctl(std::string_view name) const {
  bool found = false;
  run([&] { found = ::access(("/proc/sys/net/" + std::string(name)).c_str(), F_OK) == 0; });
  return found;
}

void TestNamespace::bring_up(std::string_view interface) const {
  run([&] {
    const UniqueFd control = control_socket();
    ifreq request = request_for(interface);
    check(::ioctl(control.get(), SIOCGIFFLAGS, &request), "SIOCGIFFLAGS");
    request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
    check(::ioctl(control.get(), SIOCSIFFLAGS, &request), "SIOCSIFFLAGS");
  });
}

void TestNamespace::wait_until_running(std::string_view interface) const {
  run([&] {
    const UniqueFd control = control_socket();
    const bool running = eventually(Seconds(10), [&] {
      ifreq request = request_for(interface);
      check(::ioctl(control.get(), SIOCGIFFLAGS, &request), "SIOCGIFFLAGS");
      return (request.ifr_flags & IFF_RUNNING) != 0;
    });
    demand(running, "an interface that does not come up");
  });
}

void TestNamespace::add_address(std::string_view interface, std::string_view ip, int prefix) const {
  const std::string text(ip);
  run([&] {
    Ipv6Request request{};
    if (::inet_pton(AF_INET6, text.c_str(), &request.address) == 1) {
      request.prefix = static_cast<std::uint32_t>(prefix);
      request.interface = static_cast<int>(::if_nametoindex(std::string(interface).c_str()));
      check(::ioctl(control_socket(AF_INET6).get(), SIOCSIFADDR, &request), "SIOCSIFADDR");
      return;
    }
    in_addr address{};
    if (::inet_pton(AF_INET, text.c_str(), &address) != 1) throw std::invalid_argument(text);
    set_ipv4(interface, SIOCSIFADDR, address);
    const std::uint32_t mask = prefix == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix);
    set_ipv4(interface, SIOCSIFNETMASK, in_addr{htonl(mask)});
  });
}

void TestNamespace::wait_until_quiet() const {
  run([] {
    eventually(Seconds(3), [] {
      return !any_socket_alive(read_whole("/proc/thread-self/net/tcp")) &&
             !any_socket_alive(read_whole("/proc/thread-self/net/tcp6"));
    });
  });
}

void pin_neighbour(const TestNamespace& near, const std::string& near_name, const std::string& ip,
                   const TestNamespace& far, const std::string& far_name) {
  arpreq entry{};
  far.run([&] {
    ifreq request = request_for(far_name);
    check(::ioctl(control_socket().get(), SIOCGIFHWADDR, &request), "SIOCGIFHWADDR");
    entry.arp_ha = request.ifr_hwaddr;
  });
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (::inet_pton(AF_INET, ip.c_str(), &address.sin_addr) != 1) throw std::invalid_argument(ip);
  std::memcpy(&entry.arp_pa, &address, sizeof address);
  entry.arp_flags = ATF_PERM | ATF_COM;
  std::memcpy(entry.arp_dev, near_name.c_str(), std::min(near_name.size() + 1, sizeof entry.arp_dev - 1));
  near.run([&] { check(::ioctl(control_socket().get(), SIOCSARP, &entry), "SIOCSARP"); });
}

}  // namespace tcptrail::test
