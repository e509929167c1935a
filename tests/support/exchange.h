#pragma once
// The plain scenario: a server process and a client process, one connection, everything in a known order.

#include <functional>
#include <string>
#include <vector>

#include "support/expect.h"
#include "support/net_namespace.h"
#include "support/sockets.h"

namespace tcptrail::test {

struct ExchangePlan {
  SockAddr listen_at{"127.0.0.1", 0};
  std::string target = "127.0.0.1";
  int protocol = IPPROTO_TCP;
  // What either side does with its socket, from when both are connected; it is closed afterwards.
  std::function<void(UniqueFd&)> client = [](UniqueFd&) {};
  std::function<void(UniqueFd&)> server = [](UniqueFd& socket) { receive_until_end(socket.get()); };
  // Replaces accept_from(listener).
  std::function<UniqueFd(int)> accept = accept_from;
  // Replaces connect().
  std::function<void(int, const SockAddr&)> connect = [](int socket, const SockAddr& address) {
    demand_connect(socket, address, 0);
  };
};

struct ExchangeFacts {
  SocketFact listener;
  SocketFact server;
  SocketFact client;
  std::int64_t connect_us = 0;  // how long connect() took by the client's clock
  std::int64_t life_us = 0;     // from before connect() to after the client's close()
};

constexpr int kExchangeBacklog = 16;

ExchangeFacts exchange(const TestNamespace& ns, const ExchangePlan& plan);

// All that must be told of an exchange; the test adds what its case is about. Client's conn "c", server's
// "s", each with `suffix`, for a test that has several.
struct ExchangeStory {
  explicit ExchangeStory(const ExchangeFacts& facts, std::string_view client_end = "fin",
                         std::string_view server_end = "fin", const std::string& suffix = "");
  std::vector<Expected> all() const;

  Expected listen;
  Expected attempt;
  Expected connect;
  Expected accept;
  Expected client_close;
  Expected server_close;
  Expected unlisten;
};

}  // namespace tcptrail::test
