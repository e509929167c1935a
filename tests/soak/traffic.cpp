#include "traffic.h"

#include <iterator>

#include "acts.h"
#include "support/process.h"

namespace tcptrail::test::soak {
namespace {

// Of the ports, which go with these, some filters take the first half: of every sort of act there is one in
// it.
constexpr Act kActs[] = {converse,      knock_in_vain,      close_listener_over_queue,
                         find_no_route, accept_after_reset, die_connected};
static_assert(2 * std::size(kActs) < Ports::kCount);  // for IPv4 and IPv6

std::vector<Child> start_acts(const Round& round, Log& log, const TestNamespace& ns, int workers) {
  std::vector<Child> processes;
  std::uint16_t port = round.ports.first;
  const auto start = [&](Act act, const SockAddr& server) {
    const Stage stage(log, {ns.inode(), server, workers, round.turn});
    processes.push_back(ns.spawn([&] { act(stage); }));
  };
  for (const Act act : kActs) {
    for (const SockAddr& loopback : {SockAddr("127.0.0.1", port++), SockAddr("::1", port++)}) {
      if (loopback.family() == AF_INET || round.ipv6) start(act, loopback);
    }
  }
  if (&ns == &round.home) start(give_up, round.silent.with_port(port));
  return processes;
}

void join_all(std::vector<Child> processes) {
  for (Child& process : processes) process.join();
}

}  // namespace

void play(const Round& round, Log& log) {
  constexpr int kWorkersAtHome = 16, kWorkersElsewhere = 4;
  std::vector<Child> at_home = start_acts(round, log, round.home, kWorkersAtHome);
  for (const TestNamespace& other : round.others) join_all(start_acts(round, log, other, kWorkersElsewhere));
  join_all(std::move(at_home));
}

}  // namespace tcptrail::test::soak
