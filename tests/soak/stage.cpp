#include "stage.h"

#include <netinet/tcp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <vector>

#include "support/process.h"

namespace tcptrail::test::soak {
namespace {

constexpr Seconds kBetweenWorkers{0.01};

}  // namespace

Tally take_all(Log& log) {
  Tally tally;
  for (std::size_t i = 0; i < log.count; ++i) ++tally[log.happenings.at(i)];
  log.count = 0;
  return tally;
}

Owner self() { return {::getpid(), ::geteuid()}; }

void become_other_user() {
  become_nobody();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // the change clears it
}

SockAddr Stage::elsewhere() const {
  return {server().family() == AF_INET ? "203.0.113.1" : "2001:db8::1", server().port()};
}

void Stage::in_workers(const std::function<void()>& body) const {
  std::vector<Child> children;
  for (int i = 0; i < workers(); ++i) {
    children.push_back(spawn([&] {
      if (i % 2 == 1) become_other_user();
      body();
    }));
    sleep_for(kBetweenWorkers);
  }
  for (Child& child : children) child.join();
}

void Stage::note_listener() const {
  note("listen", "");
  note("unlisten", "");
}

// On a busy machine a SYN may wait for a second, and is sent again.
void Stage::note_attempt(int socket) const {
  tcp_info info{};
  socklen_t size = sizeof info;
  check(::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size), "TCP_INFO");
  note("attempt", "outbound");
  if (info.tcpi_total_retrans > 0) note("pending", "outbound");
}

void Stage::note_connected(int socket) const {
  note_attempt(socket);
  note("connect", "outbound");
}

void Stage::note_accepted() const { note("accept", "inbound"); }

void Stage::note_refused() const {
  note("attempt", "outbound");
  note("fail", "outbound", "refused");
  note("reject", "inbound", "", Owner{});
}

void Stage::note_no_route() const {
  note({"fail", "unreachable", "outbound", elsewhere().ip(), server().port(), self(), setting_.netns});
}

void Stage::note_given_up(int socket) const {
  note_attempt(socket);
  note("fail", "outbound", "aborted");
}

void Stage::note_closed_outbound(std::string_view end, Owner owner) const {
  note("close", "outbound", end, owner);
}

void Stage::note_closed_inbound(std::string_view end, Owner owner) const {
  note("close", "inbound", end, owner);
}

// Both ends have the same address.
void Stage::note(std::string_view kind, std::string_view direction, std::string_view how, Owner owner) const {
  note({kind, how, direction, server().ip(), server().port(), owner, setting_.netns});
}

void Stage::note(const Happening& happening) const {
  const std::size_t place = std::atomic_ref(log_.count).fetch_add(1);
  demand(place < Log::kMost, "the log is full");
  log_.happenings.at(place) = happening;
}

}  // namespace tcptrail::test::soak
