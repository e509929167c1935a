#include "support/both_ends.h"

namespace tcptrail::test {

BothEnds connect_both_ends(BothEndsFacts& facts, const SockAddr& address, int protocol) {
  BothEnds ends{listen_at(address, 16, protocol), tcp_socket(address.family(), 0, protocol), {}};
  facts.listener = fact_of(ends.listener.get());
  demand_connect(ends.client.get(), facts.listener.local, 0);
  facts.client = fact_of(ends.client.get());
  ends.server = accept_from(ends.listener.get());
  facts.server = fact_of(ends.server.get());
  return ends;
}

}  // namespace tcptrail::test
