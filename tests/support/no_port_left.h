#pragma once
// A connect() for which no source port is free: it fails after the change to SYN_SENT, without an error on
// the socket, so that only the call that failed knows why.

#include <functional>
#include <vector>

#include "support/expect.h"
#include "support/net_namespace.h"

namespace tcptrail::test {

struct NoPortLeftFacts {
  SocketFact listener;
  SocketFact held;  // the connection that has the only port
  SocketFact failed;
};

void leave_one_port(const TestNamespace& ns);

// In a namespace with one port: takes it, lets `fail` try to connect a second socket to the same listener,
// and closes all three.
void run_out_of_ports(NoPortLeftFacts& facts,
                      const std::function<void(const UniqueFd&, const SockAddr&)>& fail);

// All that must be told; `reason` and `error` are those of the failure.
std::vector<Expected> no_port_left(const NoPortLeftFacts& facts, std::string_view reason,
                                   std::string_view error);

}  // namespace tcptrail::test
