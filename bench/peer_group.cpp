#include "peer_group.h"

#include <fmt/core.h>

#include <algorithm>
#include <list>
#include <optional>
#include <stdexcept>

#include "files.h"
#include "readiness.h"

namespace tcptrail::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kStartRate = 20;  // connections/s while tools start: little work, and no long wait
constexpr auto kIdleLimit = 15s;
constexpr auto kTrafficLimit = 120s;

using Peers = std::list<Peer>;

template <typename Use>
void for_each_at_work(Peers& peers, Use use) {
  for (auto& peer : peers)
    if (peer.at_work()) use(peer);
}

void settle(Peers& peers) {
  pause(500ms);
  for_each_at_work(peers, [](Peer& peer) { wait_until_idle(peer.process(), kIdleLimit); });
}

// Each load has a port of its own, and so has the light one while the tools start: their lines can be told
// apart.
std::uint16_t port_of_load(const PeerPlan& plan, unsigned load) {
  return static_cast<std::uint16_t>(plan.place.load_port + 1 + load);
}

void await_first_events(Peers& peers, const PeerPlan& plan) {
  const auto port = plan.place.load_port;
  std::optional<Process> light_load;
  for (bool waiting = true; waiting; pause(20ms)) {
    if (!light_load || light_load->ended())  // it ends by itself after two minutes
      light_load.emplace(
          start_load(plan.place, {.connections = 1'000'000, .rate = kStartRate, .port = port}));
    waiting = false;
    for (auto& peer : peers) waiting = peer.await_first_event(port) || waiting;
  }
}

void give_load(Peers& peers, const PeerPlan& plan, std::uint16_t port) {
  const RunTimeCounting counting;
  for_each_at_work(peers, [](Peer& peer) { peer.begin_load(); });
  Process load = start_load(plan.place, {.connections = plan.connections, .port = port});
  while (!load.ended()) pause(20ms);
  if (const int status = load.stop(); status != 0)
    throw std::runtime_error("bench_load failed: " + describe_status(status));
  for_each_at_work(peers, [&](Peer& peer) { peer.end_load(plan.connections); });
}

std::vector<KnownConnection> make_known_connections(const PeerPlan& plan) {
  const auto stated = plan.place.directory / "known";
  const auto output = create_file(stated);
  Process traffic({.arguments = {plan.traffic.string()}, .standard_output = output.get()});
  const auto status = traffic.wait_for(kTrafficLimit);
  if (status != 0) throw std::runtime_error("peers_traffic failed");
  return read_known_connections(stated);
}

}  // namespace

std::vector<PeerResult> run_group(const std::vector<PeerTool>& tools, const PeerPlan& plan) {
  Peers peers;
  for (const auto& tool : tools) peers.emplace_back(tool, plan.place.directory);
  await_first_events(peers, plan);
  settle(peers);
  std::vector<std::uint16_t> load_ports;
  std::vector<KnownConnection> known;
  if (std::any_of(peers.begin(), peers.end(), [](const Peer& peer) { return peer.at_work(); })) {
    for (unsigned load = 0; load < plan.loads; ++load) {
      load_ports.push_back(port_of_load(plan, load));
      give_load(peers, plan, load_ports.back());
      settle(peers);
    }
    known = make_known_connections(plan);
    settle(peers);
  }
  std::vector<PeerResult> results;
  for (auto& peer : peers) {
    results.push_back(peer.finish(load_ports, plan.connections));
    results.back().known = known;
  }
  return results;
}

}  // namespace tcptrail::bench
