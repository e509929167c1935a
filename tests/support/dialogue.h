#pragma once
// Connections for filters to tell apart: a listener that stays, and clients that are made before the tracer
// starts, so that their pids can be named on its command line.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "support/net_namespace.h"
#include "support/process.h"
#include "support/shared.h"
#include "support/sockets.h"

namespace tcptrail::test {

// Accepts and closes again whatever comes to its addresses, until it is destroyed.
class Server {
 public:
  Server(const TestNamespace& ns, std::vector<SockAddr> addresses);
  pid_t pid() const { return child_.pid(); }

 private:
  Child child_;
};

// A process that waits, and at go() connects to `target`; `prepare` runs in it first (user, cgroup, name).
class WaitingClient {
 public:
  WaitingClient(
      const TestNamespace& ns, const SockAddr& target, const std::function<void()>& prepare = [] {});
  pid_t pid() const { return child_.pid(); }
  SocketFact go();  // connects, is closed by the peer, and ends

 private:
  Gate gate_;
  Shared<SocketFact> fact_;
  Child child_;
};

}  // namespace tcptrail::test
