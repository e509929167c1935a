#pragma once
// A host that never answers: at the end of a veth cable, in a namespace that has no address and forwards
// nothing.

#include "support/net_namespace.h"
#include "support/sockets.h"

namespace tcptrail::test {

class SilentPeer {
 public:
  // Also shortens the SYN's patience in `near`: two retransmissions, then ETIMEDOUT after three to five
  // seconds.
  explicit SilentPeer(const TestNamespace& near);

  SockAddr address() const { return {"198.51.100.2", 80}; }
  // On the same cable, but no neighbour answers for it: EHOSTUNREACH after a moment.
  SockAddr unreachable() const { return {"198.51.100.3", 80}; }

 private:
  TestNamespace far_;
};

}  // namespace tcptrail::test
