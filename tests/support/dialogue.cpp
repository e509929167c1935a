#include "support/dialogue.h"

#include <poll.h>

namespace tcptrail::test {
namespace {

void serve(const std::vector<SockAddr>& addresses, const Gate& ready) {
  std::vector<UniqueFd> listeners;
  std::vector<pollfd> entries;
  for (const auto& address : addresses) {
    listeners.push_back(listen_at(address, 128));
    entries.push_back({listeners.back().get(), POLLIN, 0});
  }
  ready.open();
  // Ended from outside.
  while (::poll(entries.data(), entries.size(), -1) > 0) {
    for (const auto& entry : entries) {
      if (entry.revents != 0) accept_from(entry.fd);
    }
  }
}

}  // namespace

Server::Server(const TestNamespace& ns, std::vector<SockAddr> addresses) {
  const Gate ready;
  child_ = ns.spawn([&] { serve(addresses, ready); });
  ready.wait();
}

WaitingClient::WaitingClient(const TestNamespace& ns, const SockAddr& target,
                             const std::function<void()>& prepare)
    : child_(ns.spawn([&, target] {
        prepare();
        gate_.wait();
        const UniqueFd socket = connect_to(target);
        *fact_ = fact_of(socket.get());
        receive_until_end(socket.get());
      })) {}

SocketFact WaitingClient::go() {
  gate_.open();
  child_.join();
  return *fact_;
}

}  // namespace tcptrail::test
