#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "cli/awaited_event.h"
#include "cli/private_network.h"

namespace tcptrail::cli {

// Something to do, and what must be told of it.
struct Step {
  std::vector<AwaitedEvent> brings;
  std::function<Result<void>()> act;
};

// Loopback connections in a network namespace of their own, of which every kind of event must come.
class SelfTestTraffic {
 public:
  // Makes the namespace, and what shall be older than the tracing.
  static Result<SelfTestTraffic> prepare();
  std::uint32_t netns() const { return network_.inode(); }
  // To be done once, in this order, when the tracing has begun. They act on this, which must stay in place.
  std::vector<Step> steps();

 private:
  Result<void> make_older_sockets();
  std::vector<Step> life_of_a_connection();
  std::vector<Step> failures();
  std::vector<Step> ipv6_steps();

  PrivateNetwork network_;
  BoundSocket older_, silent_, server_, server_v6_;
  UniqueFd older_client_, older_accepted_, client_, accepted_, unanswered_, client_v6_;
};

}  // namespace tcptrail::cli
