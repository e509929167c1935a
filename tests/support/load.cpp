#include "support/load.h"

#include "support/shared.h"
#include "support/sockets.h"

namespace tcptrail::test {

void make_connections(const TestNamespace& ns, int count) {
  const Shared<SockAddr> address;
  const Gate listening;
  Child server = ns.spawn([&] {
    const UniqueFd listener = listen_at({"127.0.0.1", 0}, 64);
    *address = SockAddr::local_of(listener.get());
    listening.open();
    for (int i = 0; i < count; ++i) accept_from(listener.get());
  });
  Child client = ns.spawn([&] {
    listening.wait();
    for (int i = 0; i < count; ++i) {
      const UniqueFd socket = connect_to(*address);
      receive_until_end(socket.get());
    }
  });
  client.join();
  server.join();
}

void make_refused_attempt(const TestNamespace& ns) {
  ns.spawn([] {
      demand_connect(tcp_socket(AF_INET).get(), {"127.0.0.1", kClosedPort}, ECONNREFUSED);
    }).join();
}

}  // namespace tcptrail::test
