#include "support/silent_peer.h"

namespace tcptrail::test {

SilentPeer::SilentPeer(const TestNamespace& near) {
  connect_with_veth(near, far_, "near0", "far0");
  near.add_address("near0", "198.51.100.1", 24);
  pin_neighbour(near, "near0", address().ip(), far_, "far0");
  near.set_sysctl("ipv4/tcp_syn_retries", "1");
  // Since Linux 6.5 retransmissions at a constant pace come on top; before, there is one in all.
  if (near.has_sysctl("ipv4/tcp_syn_linear_timeouts")) near.set_sysctl("ipv4/tcp_syn_linear_timeouts", "1");
  near.set_sysctl("ipv4/neigh/near0/retrans_time_ms", "50");
  near.set_sysctl("ipv4/neigh/near0/mcast_solicit", "1");
}

}  // namespace tcptrail::test
