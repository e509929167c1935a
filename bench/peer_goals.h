// What tcptrail must do beside its peers.
#pragma once

#include <string>
#include <vector>

#include "peer.h"

namespace tcptrail::bench {

struct PeerGoal {
  bool met = false;
  std::string text;
};

// Of each of our own rows: it works, tells all facts of all known connections, and loses nothing.
std::vector<PeerGoal> judge_ours(const std::vector<PeerResult>& results);

}  // namespace tcptrail::bench
