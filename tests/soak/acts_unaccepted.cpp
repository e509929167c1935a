#include <netinet/tcp.h>
#include <sys/socket.h>

#include <vector>

#include "acts.h"
#include "support/process.h"

namespace tcptrail::test::soak {
namespace {

constexpr int kQueued = 5;

// Of a listener the kernel tells here how many connections wait to be accepted.
unsigned queued_at(int listener) {
  tcp_info info{};
  socklen_t size = sizeof info;
  check(::getsockopt(listener, IPPROTO_TCP, TCP_INFO, &info, &size), "TCP_INFO");
  return info.tcpi_unacked;
}

void wait_for_queue(int listener) {
  demand(eventually(Seconds(10), [&] { return queued_at(listener) == kQueued; }), "the queue did not fill");
}

std::vector<UniqueFd> connect_all(const Stage& stage) {
  std::vector<UniqueFd> sockets;
  for (int i = 0; i < kQueued; ++i) {
    sockets.push_back(connect_to(stage.server()));
    stage.note_connected(sockets.back().get());
  }
  return sockets;
}

}  // namespace

// The connections' ends belong to the listener's process.
void close_listener_over_queue(const Stage& stage) {
  const Gate listening, full;
  const bool kill = stage.turn() % 2 == 1;
  Child server = spawn([&] {
    const UniqueFd listener = listen_at(stage.server());
    stage.note_listener();
    listening.open();
    wait_for_queue(listener.get());
    full.open();
    if (kill) Gate().wait();
  });
  Child client = spawn([&] {
    listening.wait();
    for (const UniqueFd& socket : connect_all(stage)) {
      receive_until_end(socket.get());
      stage.note_closed_outbound("reset_remote");
    }
  });
  full.wait();
  kill ? server.kill_and_reap() : server.join();
  for (int i = 0; i < kQueued; ++i) stage.note_closed_inbound("reset_local", {server.pid(), ::geteuid()});
  client.join();
}

void accept_after_reset(const Stage& stage) {
  const UniqueFd listener = listen_at(stage.server());
  stage.note_listener();
  spawn([&] {
    std::vector<UniqueFd> sockets = connect_all(stage);
    wait_for_queue(listener.get());
    for (UniqueFd& socket : sockets) {
      close_with_reset(std::move(socket));
      stage.note_closed_outbound("reset_local");
    }
  }).join();
  for (int i = 0; i < kQueued; ++i) {
    const UniqueFd late = accept_from(listener.get());
    receive_until_end(late.get());
    stage.note_accepted();
    stage.note_closed_inbound("reset_remote");
  }
}

}  // namespace tcptrail::test::soak
