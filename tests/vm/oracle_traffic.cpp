// A known series of TCP attempts, one after the other, for tests/vm/oracle: in a network namespace of its
// own, and only from and to its loopback. Each is printed once it was made, as
//   fact PID TID COMM FORMER-COMM SOURCE DESTINATION PORT yes|no CASE
// where yes means that an IPv4 SYN went out.

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "support/net_namespace.h"
#include "support/program.h"
#include "support/sockets.h"

namespace tcptrail::test {
namespace {

constexpr std::uint16_t kOpenPort = 5000;
constexpr std::uint16_t kOtherPort = 5001;

struct Attempt {
  const char* name = nullptr;
  SockAddr target;
  int wanted = 0;  // errno
  int flags = 0;
  const char* source = nullptr;  // bound to it
  int protocol = IPPROTO_TCP;
};

// The name of this thread before its own: the trace pipe, which the seed reads, may still have that one.
thread_local std::string former_comm;

void take_name(const char* comm) {
  former_comm = own_identity().comm;
  ::prctl(PR_SET_NAME, comm);
}

void state(const char* name, const Identity& who, const char* source, const SockAddr& target, bool syn) {
  std::printf("fact %d %d %s %s %s %s %u %s %s\n", who.pid, who.tid, who.comm, former_comm.c_str(),
              source == nullptr ? "127.0.0.1" : source, target.ip().c_str(), target.port(),
              syn ? "yes" : "no", name);
  std::fflush(stdout);
}

bool sends_v4_syn(const Attempt& attempt) {
  const bool v4 = attempt.target.family() == AF_INET || attempt.target.mapped();
  return v4 && attempt.wanted != ENETUNREACH && attempt.wanted != EADDRNOTAVAIL;
}

UniqueFd make(const Attempt& attempt) {
  UniqueFd socket = tcp_socket(attempt.target.family(), attempt.flags, attempt.protocol);
  if (attempt.source != nullptr) {
    const SockAddr source(attempt.source, 0);
    check(::bind(socket.get(), source.get(), source.size()), "bind");
  }
  demand_connect(socket.get(), attempt.target, attempt.wanted);
  state(attempt.name, own_identity(), attempt.source, attempt.target, sends_v4_syn(attempt));
  return socket;
}

void in_process(const TestNamespace& ns, const char* comm, const std::function<void()>& body) {
  ns.spawn([&] {
      take_name(comm);
      body();
    }).join();
}

void in_thread(const char* comm, const std::function<void()>& body) {
  std::exception_ptr failure;
  std::thread([&] {
    try {
      take_name(comm);
      body();
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

// Another program, which is not told what it is for.
void exec_netcat(const char* ip) {
  const pid_t pid = check(::fork(), "fork");
  if (pid == 0) {
    ::execl("/bin/nc", "nc", ip, std::to_string(kClosedPort).c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  check(::waitpid(pid, &status, 0), "waitpid");
  demand(WIFEXITED(status) && WEXITSTATUS(status) == 1, "nc must run and be refused");
  Identity who{.pid = pid, .tid = pid};
  std::snprintf(who.comm, sizeof who.comm, "nc");
  former_comm = own_identity().comm;
  state("another program, refused", who, nullptr, {ip, kClosedPort}, true);
}

void blocking() {
  make({"established", {"127.0.0.1", kOpenPort}});
  make({"another address and port", {"127.0.0.2", kOtherPort}});
  make({"refused", {"127.0.0.3", kClosedPort}, ECONNREFUSED});
  make({"from a bound address", {"127.0.0.5", kOpenPort}, 0, 0, "127.0.0.4"});
  make({"from a bound address, refused", {"127.0.0.5", kClosedPort}, ECONNREFUSED, 0, "127.0.0.4"});
  make({"port 0", {"127.0.0.3", 0}, ECONNREFUSED});
  make({"no route", {"192.0.2.1", 80}, ENETUNREACH});
}

void ipv6() {
  make({"IPv6", {"::1", kOpenPort}});
  make({"IPv6, refused", {"::1", kClosedPort}, ECONNREFUSED});
  make({"IPv6, no route", {"2001:db8::1", 80}, ENETUNREACH});
  make({"IPv4 by an IPv6 socket", {"::ffff:127.0.0.6", kOpenPort}});
  make({"IPv4 by an IPv6 socket, refused", {"::ffff:127.0.0.6", kClosedPort}, ECONNREFUSED});
}

// The handshake and the reset are as quick as the call itself, but it does not wait for them.
void nonblocking() {
  const UniqueFd socket = make({"non-blocking", {"127.0.0.7", kOpenPort}, EINPROGRESS, SOCK_NONBLOCK});
  demand(poll_for(socket.get(), POLLOUT, Seconds(5)), "a non-blocking connect must succeed");
  demand_connect(socket.get(), {"127.0.0.7", kOpenPort}, 0);  // collects the success
  const UniqueFd refused =
      make({"non-blocking, refused", {"127.0.0.7", kClosedPort}, EINPROGRESS, SOCK_NONBLOCK});
  demand(poll_for(refused.get(), POLLOUT, Seconds(5)), "a non-blocking connect must be refused");
  demand_connect(refused.get(), {"127.0.0.7", kClosedPort}, ECONNREFUSED);  // collects the error
  demand_connect(refused.get(), {"127.0.0.7", kOpenPort}, EINPROGRESS);
  state("the same socket again", own_identity(), nullptr, {"127.0.0.7", kOpenPort}, true);
}

void other_ways() {
  make({"MPTCP", {"127.0.0.8", kOpenPort}, 0, 0, nullptr, kMptcp});
  const UniqueFd socket = tcp_socket(AF_INET);
  const SockAddr target("127.0.0.9", kOpenPort);
  check(::sendto(socket.get(), "x", 1, MSG_FASTOPEN, target.get(), target.size()), "sendto(MSG_FASTOPEN)");
  state("sendto(MSG_FASTOPEN)", own_identity(), nullptr, target, true);
}

// Attempts as fast as they can be made, by one thread after the other.
void burst() {
  for (int thread = 0; thread < 5; ++thread) {
    in_thread(("burst-" + std::to_string(thread)).c_str(), [&] {
      for (std::uint16_t i = 0; i < 8; ++i) {
        const auto port = static_cast<std::uint16_t>(i % 2 == 0 ? kOpenPort : kClosedPort - i);
        make({"burst", {"127.0.1." + std::to_string(thread), port}, i % 2 == 0 ? 0 : ECONNREFUSED});
      }
    });
  }
}

void make_all() {
  const TestNamespace ns;
  ns.run([&] {
    const UniqueFd listener = listen_at({"0.0.0.0", kOpenPort}, 512);
    const UniqueFd other = listen_at({"127.0.0.2", kOtherPort});
    const UniqueFd listener6 = listen_at({"::1", kOpenPort});
    in_process(ns, "blocking", blocking);
    in_process(ns, "a-name-that-is", blocking);  // longer than the column
    in_process(ns, "six", ipv6);
    in_process(ns, "nonblocking", nonblocking);
    in_process(ns, "other-ways", other_ways);
    in_process(ns, "fork", [] { exec_netcat("127.0.0.10"); });
    in_process(ns, "main", [] {
      in_thread("worker", blocking);
      in_thread("worker-2", nonblocking);
      make({"established, after the threads", {"127.0.0.1", kOpenPort}});
    });
    in_process(ns, "burst", burst);
    in_process(ns, "ports", [&] {
      ns.set_sysctl("ipv4/ip_local_port_range", "61000 61000");
      const UniqueFd held = make({"the last free port", {"127.0.0.1", kOpenPort}});
      make({"no free port", {"127.0.0.1", kOpenPort}, EADDRNOTAVAIL});
    });
  });
}

}  // namespace
}  // namespace tcptrail::test

int main() {
  return tcptrail::test::run_program("oracle_traffic", [] {
    tcptrail::test::make_all();
    return 0;
  });
}
