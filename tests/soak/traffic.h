#pragma once
// A round of all the acts at once: in a namespace that stays, and in others one after the other.

#include <cstdint>
#include <vector>

#include "stage.h"
#include "support/net_namespace.h"

namespace tcptrail::test::soak {

// The servers' ports, the same in each namespace: below those that the kernel chooses for clients.
struct Ports {
  static constexpr std::uint16_t kCount = 16;
  std::uint16_t first = 0;
  std::uint16_t last() const { return static_cast<std::uint16_t>(first + kCount - 1); }
  bool has(std::uint16_t port) const { return first <= port && port <= last(); }
};

struct Round {
  int turn = 0;
  Ports ports;
  bool ipv6 = true;
  const TestNamespace& home;
  SockAddr silent;  // at home, who does not answer
  const std::vector<TestNamespace>& others;
};

// Until all processes have ended; throws what went wrong in one of them.
void play(const Round& round, Log& log);

}  // namespace tcptrail::test::soak
