#include "readiness.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <stdexcept>
#include <string_view>

#include "check.h"

namespace tcptrail::bench {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

NotifySocket::NotifySocket(std::filesystem::path path)
    : path_(std::move(path)),
      socket_(check(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket")) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path_.native().size() >= sizeof address.sun_path) throw std::runtime_error("--output-dir is too long");
  path_.native().copy(address.sun_path, sizeof address.sun_path - 1);
  check(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
}

NotifySocket::~NotifySocket() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

bool NotifySocket::wait_for_ready(Process& tracer, std::chrono::milliseconds limit) const {
  std::array<char, 1024> message{};
  for (const auto deadline = Clock::now() + limit; Clock::now() < deadline; pause(5ms)) {
    const auto got = ::recv(socket_.get(), message.data(), message.size(), 0);
    if (got > 0) {
      const std::string_view text(message.data(), static_cast<std::size_t>(got));
      if (text.find("READY=1") != std::string_view::npos) return true;
    }
    if (tracer.ended()) return false;
  }
  return false;
}

bool wait_until_idle(Process& process, std::chrono::milliseconds limit) {
  constexpr auto kQuiet = 100ms;
  constexpr double kIdleSeconds = 0.001;  // one percent of the quiet time: polling on a timer is still idle
  double before = cpu_seconds(process.pid());
  for (const auto deadline = Clock::now() + limit; Clock::now() < deadline;) {
    pause(kQuiet);
    if (process.ended()) return false;
    const double now = cpu_seconds(process.pid());
    if (now - before < kIdleSeconds) return true;
    before = now;
  }
  return false;
}

}  // namespace tcptrail::bench
