#include "loopback.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <stdexcept>
#include <thread>
#include <vector>

#include "check.h"

namespace tcptrail::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Message = std::array<char, 64>;

// Enough connections under way that neither process waits for the other while both cores have work.
constexpr std::uint64_t kWindow = 64;
constexpr int kBacklog = 4096;
// The closed end of a connection stays in TIME_WAIT for a minute. One destination has 28,232 ephemeral ports,
// so the load moves to the next address of 127.0.0.0/8 well before they run out.
constexpr std::uint64_t kConnectionsPerAddress = 8192;

sockaddr_in load_address(std::uint32_t host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(host);
  return address;
}

const sockaddr* generic(const sockaddr_in& address) { return reinterpret_cast<const sockaddr*>(&address); }

// One process per CPU where there are two: without it the scheduler's choice is most of a round's noise.
void stay_on_cpu(unsigned index) {
  const unsigned count = std::thread::hardware_concurrency();
  if (count < 2) return;
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(index % count, &cpus);
  ::sched_setaffinity(0, sizeof cpus, &cpus);  // a wish: in a restricted cpuset it may be refused
}

[[noreturn]] void serve(int listener) {
  stay_on_cpu(1);
  Message message{};
  for (;;) {
    const UniqueFd peer(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    if (peer.get() < 0) continue;
    if (::recv(peer.get(), message.data(), message.size(), MSG_WAITALL) > 0)
      ::send(peer.get(), message.data(), message.size(), MSG_NOSIGNAL);
  }
}

UniqueFd open_connection(std::uint64_t index, std::uint16_t port, std::vector<std::uint32_t>& latencies_ns) {
  const auto address = load_address(
      INADDR_LOOPBACK + static_cast<std::uint32_t>(index / kConnectionsPerAddress % 65536), port);
  const Message request{};
  UniqueFd socket(check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  const auto before = Clock::now();
  check(::connect(socket.get(), generic(address), sizeof address), "connect");
  latencies_ns.push_back(static_cast<std::uint32_t>((Clock::now() - before).count()));
  check(::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL), "send");
  return socket;
}

// Reads the answer and the server's FIN, so that each connection ends in the same order of states.
void finish(const UniqueFd& socket) {
  Message answer{};
  std::size_t total = 0;
  for (;;) {
    const auto got = check(::recv(socket.get(), answer.data(), answer.size(), 0), "recv");
    if (got == 0) break;
    total += static_cast<std::size_t>(got);
  }
  if (total != answer.size()) throw std::runtime_error("a connection ended before its answer");
}

// How many connections are under way: at an offered rate those of ten milliseconds, so that each is short.
std::uint64_t window_of(const LoadPlan& plan) {
  return plan.rate == 0 ? kWindow : std::clamp<std::uint64_t>(plan.rate / 100, 1, kWindow);
}

double seconds_of(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double percentile_us(std::vector<std::uint32_t>& values, double fraction) {
  if (values.empty()) return 0;
  const auto nth =
      values.begin() + static_cast<std::ptrdiff_t>(fraction * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), nth, values.end());
  return *nth / 1000.0;
}

}  // namespace

void enter_private_network() {
  check(::unshare(CLONE_NEWNET), "making a network namespace (needs root)");
  const UniqueFd socket(check(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
  request.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
  check(::ioctl(socket.get(), SIOCSIFFLAGS, &request), "bringing lo up");
}

LoadServer::LoadServer(std::uint16_t port) {
  const UniqueFd listener(check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  const auto address = load_address(INADDR_ANY, port);  // of this namespace: all of 127.0.0.0/8
  check(::bind(listener.get(), generic(address), sizeof address), "bind");
  check(::listen(listener.get(), kBacklog), "listen");
  const pid_t parent = ::getpid();
  pid_ = check(::fork(), "fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) std::_Exit(1);
    serve(listener.get());
  }
}

LoadServer::~LoadServer() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

double LoadServer::cpu_seconds() const {
  clockid_t clock = 0;
  return ::clock_getcpuclockid(pid_, &clock) == 0 ? seconds_of(clock) : 0;
}

LoadResult connect_all(const LoadPlan& plan, const LoadServer& server) {
  stay_on_cpu(0);
  const std::uint64_t window = window_of(plan);
  std::vector<std::uint32_t> latencies_ns;
  latencies_ns.reserve(plan.connections);
  std::deque<UniqueFd> open;
  const auto cpu_now = [&] { return seconds_of(CLOCK_PROCESS_CPUTIME_ID) + server.cpu_seconds(); };
  const double cpu_before = cpu_now();
  const auto start = Clock::now();
  for (std::uint64_t i = 0; i < plan.connections; ++i) {
    // By the plan's own clock, not from one to the next: what came late does not make the others late.
    if (plan.rate > 0)
      std::this_thread::sleep_until(start + std::chrono::nanoseconds(i * 1'000'000'000 / plan.rate));
    open.push_back(open_connection(i, plan.port, latencies_ns));
    if (open.size() < window) continue;
    finish(open.front());
    open.pop_front();
  }
  for (; !open.empty(); open.pop_front()) finish(open.front());
  const std::chrono::duration<double> elapsed = Clock::now() - start;
  const double cpu_us = (cpu_now() - cpu_before) * 1e6 / static_cast<double>(plan.connections);
  return {plan.connections, elapsed.count(), cpu_us, percentile_us(latencies_ns, 0.5),
          percentile_us(latencies_ns, 0.99)};
}

}  // namespace tcptrail::bench
