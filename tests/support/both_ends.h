#pragma once
// A connection within one process: its listener and both of its sockets.

#include "support/sockets.h"

namespace tcptrail::test {

struct BothEndsFacts {
  SocketFact listener, client, server;
};

struct BothEnds {
  UniqueFd listener, client, server;
};

// Over loopback, at any port where `address` names none.
BothEnds connect_both_ends(BothEndsFacts& facts, const SockAddr& address = {"127.0.0.1", 0},
                           int protocol = IPPROTO_TCP);

}  // namespace tcptrail::test
