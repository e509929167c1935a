// A fixed list of TCP connections with different outcomes, for `./dev bench peers`: in network namespaces of
// its own. Each has a port of its own, and is stated once it is over, as
//   fact PORT outbound|inbound PID LOCAL-IP LOCAL-PORT REMOTE-IP REMOTE-PORT established|failed CAUSE
//        BYTES-OUT BYTES-IN NAME
// in one line. CAUSE is an errno, `aborted`, or how an established connection ended. - is what does not apply
// or is not known.

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>
#include <string>
#include <thread>

#include "support/cgroup.h"
#include "support/exchange.h"
#include "support/no_port_left.h"
#include "support/program.h"
#include "support/shared.h"
#include "support/silent_peer.h"

namespace tcptrail::test {
namespace {

constexpr std::size_t kOut = 3072, kIn = 5120;  // whole kilobytes, as some tools count in these

std::uint16_t new_port() {
  static std::uint16_t last = 7000;
  return ++last;
}

struct Story {
  std::string name;
  SocketFact fact;
  bool outbound = true;
  bool established = true;
  std::string cause;
  std::string bytes = "- -";
};

std::string or_dash(std::uint16_t port) { return port == 0 ? "-" : std::to_string(port); }

// What was not bound and never connected has no address of its own.
std::string local_ip_of(const SockAddr& local) {
  return local.family() == AF_UNSPEC || local.ip() == "0.0.0.0" ? "-" : local.ip();
}

void state(const Story& story) {
  const SocketFact& fact = story.fact;
  std::printf("fact %u %s %d %s %s %s %u %s %s %s %s\n",
              story.outbound ? fact.remote.port() : fact.local.port(),
              story.outbound ? "outbound" : "inbound", fact.who.pid, local_ip_of(fact.local).c_str(),
              or_dash(fact.local.port()).c_str(), fact.remote.ip().c_str(), fact.remote.port(),
              story.established ? "established" : "failed", story.cause.c_str(), story.bytes.c_str(),
              story.name.c_str());
  std::fflush(stdout);
}

std::string bytes(std::size_t out, std::size_t in) { return std::to_string(out) + " " + std::to_string(in); }

void ask(UniqueFd& socket) {
  send_bytes(socket.get(), kOut);
  receive_bytes(socket.get(), kIn);
}

void answer(UniqueFd& socket) {
  receive_bytes(socket.get(), kOut);
  send_bytes(socket.get(), kIn);
}

// The client asks, the server answers, and the client closes first.
ExchangePlan plain_plan() {
  ExchangePlan plan;
  plan.listen_at = {"127.0.0.1", new_port()};
  plan.client = ask;
  plan.server = [](UniqueFd& socket) {
    answer(socket);
    receive_until_end(socket.get());
  };
  return plan;
}

void state_client(const TestNamespace& ns, const char* name, const ExchangePlan& plan,
                  const char* end = "fin") {
  state({name, exchange(ns, plan).client, true, true, end, bytes(kOut, kIn)});
}

void orderly_ends(const TestNamespace& ns) {
  state_client(ns, "closed by the client", plain_plan());
  auto plan = plain_plan();
  plan.client = [](UniqueFd& socket) {
    ask(socket);
    receive_until_end(socket.get());
  };
  plan.server = answer;
  state_client(ns, "closed by the server", plan);
}

void resets(const TestNamespace& ns) {
  auto plan = plain_plan();
  plan.client = [](UniqueFd& socket) {
    ask(socket);
    close_with_reset(std::move(socket));
  };
  state_client(ns, "reset by the client", plan, "reset_local");
  plan = plain_plan();
  plan.client = [](UniqueFd& socket) {
    ask(socket);
    receive_until_end(socket.get());
  };
  plan.server = [](UniqueFd& socket) {
    answer(socket);
    close_with_reset(std::move(socket));
  };
  state_client(ns, "reset by the server", plan, "reset_remote");
}

void connect_without_waiting(int socket, const SockAddr& address) {
  const int flags = check(::fcntl(socket, F_GETFL), "F_GETFL");
  check(::fcntl(socket, F_SETFL, flags | O_NONBLOCK), "F_SETFL");
  demand_connect(socket, address, EINPROGRESS);
  demand(poll_for(socket, POLLOUT, Seconds(5)), "a non-blocking connect must succeed");
  check(::fcntl(socket, F_SETFL, flags), "F_SETFL");
}

void connect_in_thread(int socket, const SockAddr& address) {
  std::exception_ptr failure;
  std::thread([&] {
    try {
      demand_connect(socket, address, 0);
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

void other_ways(const TestNamespace& ns) {
  auto plan = plain_plan();
  plan.connect = connect_without_waiting;
  state_client(ns, "non-blocking", plan);
  plan = plain_plan();
  plan.connect = connect_in_thread;
  state_client(ns, "by a thread that is not the main one", plan);
  plan = plain_plan();
  plan.connect = [](int socket, const SockAddr& address) {
    check(::sendto(socket, "", 0, MSG_FASTOPEN, address.get(), address.size()), "sendto(MSG_FASTOPEN)");
  };
  state_client(ns, "by sendto(MSG_FASTOPEN)", plan);
}

void other_places(const TestNamespace& ns) {
  auto plan = plain_plan();
  plan.listen_at = {"::1", plan.listen_at.port()};
  plan.target = "::1";
  state_client(ns, "IPv6", plan);
  plan = plain_plan();
  plan.target = "::ffff:127.0.0.1";
  state_client(ns, "IPv4 by an IPv6 socket", plan);
  state_client(TestNamespace(), "in another network namespace", plain_plan());
}

void killed(const TestNamespace& ns) {
  const SockAddr address("127.0.0.1", new_port());
  const Shared<SocketFact> fact;
  const Gate listening_gate, asked_gate;
  Child server = ns.spawn([&] {
    const UniqueFd listener = listen_at(address);
    listening_gate.open();
    UniqueFd socket = accept_from(listener.get());
    answer(socket);
    receive_until_end(socket.get());
  });
  Child client = ns.spawn([&] {
    listening_gate.wait();
    UniqueFd socket = connect_to(address);
    *fact = fact_of(socket.get());
    ask(socket);
    asked_gate.open();
    ::pause();
  });
  asked_gate.wait();
  client.kill_and_reap();
  server.join();
  state({"its process killed", *fact, true, true, "fin", bytes(kOut, kIn)});
}

// One call of connect() in a process of its own. The source is bound to where there is one, so that it is
// known.
struct Failure {
  std::string name;
  SockAddr target;
  int error = 0;
  const char* cause = "";
  const char* source = nullptr;
  std::function<void()> prepare = [] {};
};

void fail(const TestNamespace& ns, const Failure& failure) {
  const Shared<SocketFact> fact;
  ns.spawn([&] {
      failure.prepare();
      const bool waits = failure.error != EINPROGRESS;
      const UniqueFd socket = failure.source != nullptr
                                  ? bound_socket({failure.source, 0}, waits ? 0 : SOCK_NONBLOCK)
                                  : tcp_socket(AF_INET);
      *fact = fact_of(socket.get(), failure.target);
      demand_connect(socket.get(), failure.target, failure.error);
    }).join();
  state({failure.name, *fact, true, false, failure.cause});
}

void failures(const TestNamespace& ns) {
  const SilentPeer peer(ns);
  const char* near = "198.51.100.1";
  fail(ns, {"refused", {"127.0.0.1", new_port()}, ECONNREFUSED, "ECONNREFUSED", "127.0.0.1"});
  fail(ns, {"timed out", peer.address().with_port(new_port()), ETIMEDOUT, "ETIMEDOUT", near});
  fail(ns, {"aborted before an answer", peer.address().with_port(new_port()), EINPROGRESS, "aborted", near});
  fail(ns, {"no route", {"192.0.2.1", new_port()}, ENETUNREACH, "ENETUNREACH"});
  const TestCgroup group;
  const ConnectDenial denial(group);
  fail(ns, {.name = "denied by a cgroup program",
            .target = {"127.0.0.1", new_port()},
            .error = EPERM,
            .cause = "EPERM",
            .prepare = [&] { group.enter(); }});
  const TestNamespace full;
  leave_one_port(full);
  UniqueFd taken;
  full.run([&] { taken = listen_at({"127.0.0.1", 40000}); });
  fail(full, {"no free port", {"127.0.0.1", new_port()}, EADDRNOTAVAIL, "EADDRNOTAVAIL"});
}

// The client asks but nobody takes the connection; then `end` comes.
enum class End : std::uint8_t { kListenerCloses, kClientResets };

void unaccepted(const TestNamespace& ns, const char* name, End end, const char* cause) {
  const SockAddr address("127.0.0.1", new_port());
  const Shared<SocketFact> server_fact, client_fact;
  const Gate listening_gate, asked_gate;
  Child server = ns.spawn([&] {
    const UniqueFd listener = listen_at(address);
    *server_fact = fact_of(listener.get());
    listening_gate.open();
    asked_gate.wait();
  });
  Child client = ns.spawn([&] {
    listening_gate.wait();
    UniqueFd socket = connect_to(address);
    *client_fact = fact_of(socket.get());
    send_bytes(socket.get(), kOut);
    if (end == End::kClientResets) {
      close_with_reset(std::move(socket));
      asked_gate.open();
    } else {
      asked_gate.open();
      receive_until_end(socket.get());
    }
  });
  client.join();
  server.join();
  const SocketFact fact{server_fact->who, client_fact->remote, client_fact->local};
  state({name, fact, false, true, cause, bytes(0, kOut)});
}

void inbound(const TestNamespace& ns) {
  state({"inbound, accepted", exchange(ns, plain_plan()).server, false, true, "fin", bytes(kIn, kOut)});
  unaccepted(ns, "inbound, the listener closed over it", End::kListenerCloses, "reset_local");
  unaccepted(ns, "inbound, reset before it was accepted", End::kClientResets, "reset_remote");
}

void make_all() {
  const TestNamespace ns;
  orderly_ends(ns);
  resets(ns);
  other_ways(ns);
  other_places(ns);
  killed(ns);
  failures(ns);
  inbound(ns);
  ns.wait_until_quiet();
}

}  // namespace
}  // namespace tcptrail::test

int main() {
  return tcptrail::test::run_program("peers_traffic", [] {
    tcptrail::test::make_all();
    return 0;
  });
}
