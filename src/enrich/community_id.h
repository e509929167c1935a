#pragma once

#include <optional>

#include "model/event.h"

namespace tcptrail::enrich {

// Community ID version 1 of a TCP connection, with seed 0: the same for both directions, so that other tools'
// records of the connection are found by it (https://github.com/corelight/community-id-spec). Nothing where
// an address or a port is not known. No allocation. One thread at a time.
std::optional<model::CommunityId> community_id(const model::Connection& connection);

}  // namespace tcptrail::enrich
