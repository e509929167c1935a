#include "first_event.h"

#include <fcntl.h>
#include <poll.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <string>

#include "check.h"
#include "output.h"
#include "process.h"
#include "session.h"

namespace tcptrail::bench {
namespace {

struct Terminal {
  UniqueFd ours, theirs;
};

Terminal open_terminal() {
  Terminal terminal{UniqueFd(check(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), "opening a terminal")),
                    UniqueFd()};
  check(::grantpt(terminal.ours.get()), "grantpt");
  check(::unlockpt(terminal.ours.get()), "unlockpt");
  std::array<char, 64> name{};
  ::ptsname_r(terminal.ours.get(), name.data(), name.size());
  terminal.theirs = UniqueFd(check(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC), "opening a terminal"));
  return terminal;
}

}  // namespace

// The output is a terminal, as for someone who watches: into a file, the peers would first fill stdio's
// buffer.
double first_event_ms(const Tracer& tracer) {
  using namespace std::chrono_literals;
  using Clock = std::chrono::steady_clock;
  Terminal terminal = open_terminal();
  const UniqueFd null(check(::open("/dev/null", O_WRONLY | O_CLOEXEC), "/dev/null"));
  const auto start = Clock::now();
  Process process(
      {.arguments = tracer.command, .standard_output = terminal.theirs.get(), .standard_error = null.get()});
  terminal.theirs = UniqueFd();
  std::string text;
  std::array<char, 4096> piece{};
  while (Clock::now() - start < 15s) {
    pollfd ready{.fd = terminal.ours.get(), .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, 100) == 0) {
      pause(0ms);
      continue;
    }
    const auto got = ::read(terminal.ours.get(), piece.data(), piece.size());
    if (got <= 0) break;
    text.append(piece.data(), static_cast<std::size_t>(got));
    const auto complete = text.rfind('\n');
    if (complete == std::string::npos) continue;
    if (is_about_load(std::string_view(text).substr(0, complete), tracer)) {
      const std::chrono::duration<double, std::milli> elapsed = Clock::now() - start;
      terminal.ours = UniqueFd();  // nobody reads on: the tracer must not wait for us while it ends
      return elapsed.count();
    }
  }
  throw TracerFailed("it printed no event of the background load");
}

}  // namespace tcptrail::bench
