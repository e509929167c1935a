#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <vector>

#include "acts.h"
#include "support/process.h"

namespace tcptrail::test::soak {
namespace {

constexpr int kConversations = 10;  // of each client
constexpr Seconds kPause{0.02};
constexpr int kHeld = 6;  // connections of a process that is killed

// What the client asks the server for, in the first byte.
constexpr char kEndings[] = {'c', 's', 'C', 'S'};  // close, or in capitals reset, by client or server

void send_char(int socket, char byte) { check(::send(socket, &byte, 1, MSG_NOSIGNAL), "send"); }

char receive_char(int socket) {
  char byte = 0;
  demand(::recv(socket, &byte, 1, 0) == 1, "the first byte did not come");
  return byte;
}

// The answer tells the client that it is accepted.
void serve(const Stage& stage, int listener) {
  UniqueFd socket = accept_from(listener);
  stage.note_accepted();
  const char ending = receive_char(socket.get());
  send_bytes(socket.get(), 1);
  if (ending == 'S') {
    close_with_reset(std::move(socket));
  } else if (ending != 's') {
    receive_until_end(socket.get());
  }
  stage.note_closed_inbound(ending == 'S' ? "reset_local" : ending == 'C' ? "reset_remote" : "fin");
}

UniqueFd connect_without_waiting(const SockAddr& server) {
  UniqueFd socket = tcp_socket(server.family(), SOCK_NONBLOCK);
  demand_connect(socket.get(), server, EINPROGRESS);
  demand(poll_for(socket.get(), POLLOUT, Seconds(10)), "the connection was not made");
  demand(pending_error(socket.get()) == 0, "the connection failed");
  check(::fcntl(socket.get(), F_SETFL, 0), "F_SETFL");
  return socket;
}

void talk(const Stage& stage, char ending, bool wait) {
  UniqueFd socket = wait ? connect_to(stage.server()) : connect_without_waiting(stage.server());
  stage.note_connected(socket.get());
  send_char(socket.get(), ending);
  if (ending == 's' || ending == 'S') {
    receive_until_end(socket.get());
  } else {
    receive_bytes(socket.get(), 1);
  }
  if (ending == 'C') close_with_reset(std::move(socket));
  stage.note_closed_outbound(ending == 'S' ? "reset_remote" : ending == 'C' ? "reset_local" : "fin");
}

enum class Side { kClient, kServer };

// Of two processes that hold connections to each other, the one that is to be killed, and the one that is
// not.
class Holder {
 public:
  Holder(const Stage& stage, Side side, bool data_is_unread)
      : stage_(stage), side_(side), data_is_unread_(data_is_unread) {}

  void hold(bool to_be_killed, const Gate& listening, const Gate& holding) const {
    const std::vector<UniqueFd> sockets =
        side_ == Side::kServer ? accept_all(listening) : connect_all(listening);
    for (const UniqueFd& socket : sockets) {
      if (!data_is_unread_) break;
      if (to_be_killed)
        demand(poll_for(socket.get(), POLLIN, Seconds(10)), "no data came");
      else
        send_bytes(socket.get(), 1);
    }
    holding.open();
    if (to_be_killed) Gate().wait();
    for (const UniqueFd& socket : sockets) {
      receive_until_end(socket.get());
      note_closed(data_is_unread_ ? "reset_remote" : "fin", self());
    }
  }

  void note_killed(pid_t pid) const {
    for (int i = 0; i < kHeld; ++i) note_closed(data_is_unread_ ? "reset_local" : "fin", {pid, ::geteuid()});
  }

 private:
  std::vector<UniqueFd> accept_all(const Gate& listening) const {
    const UniqueFd listener = listen_at(stage_.server());
    stage_.note_listener();
    listening.open();
    std::vector<UniqueFd> sockets;
    for (int i = 0; i < kHeld; ++i) {
      sockets.push_back(accept_from(listener.get()));
      stage_.note_accepted();
    }
    return sockets;
  }

  std::vector<UniqueFd> connect_all(const Gate& listening) const {
    listening.wait();
    std::vector<UniqueFd> sockets;
    for (int i = 0; i < kHeld; ++i) {
      sockets.push_back(connect_to(stage_.server()));
      stage_.note_connected(sockets.back().get());
    }
    return sockets;
  }

  void note_closed(std::string_view end, Owner owner) const {
    side_ == Side::kServer ? stage_.note_closed_inbound(end, owner) : stage_.note_closed_outbound(end, owner);
  }

  const Stage& stage_;
  Side side_;
  bool data_is_unread_;
};

}  // namespace

void converse(const Stage& stage) {
  const UniqueFd listener = listen_at(stage.server(), 128);
  stage.note_listener();
  constexpr int kServers = 2;
  std::vector<Child> servers;
  servers.reserve(kServers);
  for (int i = 0; i < kServers; ++i) {
    servers.push_back(spawn([&] {
      if (i == 0) become_other_user();
      for (int k = 0; k < stage.workers() * kConversations / kServers; ++k) serve(stage, listener.get());
    }));
  }
  stage.in_workers([&] {
    for (int i = 0; i < kConversations; ++i) {
      talk(stage, kEndings[i % 4], i % 3 != 0);
      sleep_for(kPause);
    }
  });
  for (Child& server : servers) server.join();
}

void die_connected(const Stage& stage) {
  const bool data_is_unread = stage.turn() % 2 == 1;
  const Side killed = stage.turn() / 2 % 2 == 0 ? Side::kClient : Side::kServer;
  const Holder victim(stage, killed, data_is_unread);
  const Holder survivor(stage, killed == Side::kClient ? Side::kServer : Side::kClient, data_is_unread);
  const Gate listening, victim_holds, survivor_holds;
  Child to_be_killed = spawn([&] { victim.hold(true, listening, victim_holds); });
  Child other = spawn([&] { survivor.hold(false, listening, survivor_holds); });
  victim_holds.wait();
  survivor_holds.wait();
  to_be_killed.kill_and_reap();
  victim.note_killed(to_be_killed.pid());
  other.join();
}

}  // namespace tcptrail::test::soak
