#pragma once
// What the traffic is made of. Each act runs in a process of its own in the namespace of its stage, forks
// what else it needs, and returns when all of those have ended. Its sockets may still be on their way out
// then.

#include "stage.h"

namespace tcptrail::test::soak {

using Act = void (*)(const Stage& stage);

// Accepted connections: to forked servers that share a listener, closed or reset by either side; and such
// whose client or server is killed while it holds several.
void converse(const Stage& stage);
void die_connected(const Stage& stage);

// Connections that no one accepts before they end: the listener is closed over them or killed; the clients
// reset them first, and they are accepted all the same.
void close_listener_over_queue(const Stage& stage);
void accept_after_reset(const Stage& stage);

// Attempts that fail: no listener; no route; given up before an answer, where the server is silent.
void knock_in_vain(const Stage& stage);
void find_no_route(const Stage& stage);
void give_up(const Stage& stage);

}  // namespace tcptrail::test::soak
