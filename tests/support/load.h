#pragma once
// Many connections in little time, over loopback of a namespace of the test's own.

#include "support/net_namespace.h"

namespace tcptrail::test {

// A server and a client process make `count` connections, one after the other; each is accepted and closed by
// the server, whose side waits out TIME_WAIT, so that the client never lacks a port. Returns when all are
// over.
void make_connections(const TestNamespace& ns, int count);

// One refused attempt.
void make_refused_attempt(const TestNamespace& ns);

}  // namespace tcptrail::test
