// A group of tools, from their start to their end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "peer.h"
#include "session.h"

namespace tcptrail::bench {

struct PeerPlan {
  Workplace place;
  std::filesystem::path traffic;  // tests/vm/peers_traffic, built
  unsigned loads = 3;
  std::uint64_t connections = 2000;  // of each load
};

// Starts the tools and waits for their first events beside a light load, gives them loads with run time
// counting on, and then the known connections.
std::vector<PeerResult> run_group(const std::vector<PeerTool>& tools, const PeerPlan& plan);

}  // namespace tcptrail::bench
