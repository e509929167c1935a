// From what the tools did to Markdown.
#pragma once

#include <string>
#include <vector>

#include "peer_goals.h"
#include "peer_group.h"

namespace tcptrail::bench {

std::string peer_report(const std::vector<PeerResult>& results, const PeerPlan& plan,
                        const std::vector<PeerGoal>& goals);

}  // namespace tcptrail::bench
