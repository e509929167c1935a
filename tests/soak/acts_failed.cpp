#include <poll.h>
#include <sys/socket.h>

#include <vector>

#include "acts.h"
#include "support/process.h"

namespace tcptrail::test::soak {
namespace {

constexpr int kAttempts = 8;  // of each process
constexpr Seconds kPause{0.01};

void knock(const Stage& stage, bool wait) {
  const UniqueFd socket = tcp_socket(stage.server().family(), wait ? 0 : SOCK_NONBLOCK);
  if (wait) {
    demand_connect(socket.get(), stage.server(), ECONNREFUSED);
  } else {
    demand_connect(socket.get(), stage.server(), EINPROGRESS);
    demand(poll_for(socket.get(), POLLOUT, Seconds(10)), "no answer");
    demand(pending_error(socket.get()) == ECONNREFUSED, "not refused");
  }
  stage.note_refused();
}

}  // namespace

void knock_in_vain(const Stage& stage) {
  stage.in_workers([&] {
    for (int i = 0; i < kAttempts; ++i) {
      knock(stage, i % 2 == 0);
      sleep_for(kPause);
    }
  });
}

void find_no_route(const Stage& stage) {
  stage.in_workers([&] {
    for (int i = 0; i < kAttempts; ++i) {
      const UniqueFd socket = tcp_socket(stage.server().family(), i % 2 == 0 ? 0 : SOCK_NONBLOCK);
      demand_connect(socket.get(), stage.elsewhere(), ENETUNREACH);
      stage.note_no_route();
      sleep_for(kPause);
    }
  });
}

// Some are given up in order, the rest by the end of the process.
void give_up(const Stage& stage) {
  std::vector<UniqueFd> sockets;
  for (int i = 0; i < kAttempts; ++i) {
    sockets.push_back(tcp_socket(stage.server().family(), SOCK_NONBLOCK));
    demand_connect(sockets.back().get(), stage.server(), EINPROGRESS);
  }
  for (const UniqueFd& socket : sockets) stage.note_given_up(socket.get());
  sockets.resize(kAttempts / 2);
}

}  // namespace tcptrail::test::soak
