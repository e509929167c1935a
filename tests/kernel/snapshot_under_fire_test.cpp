// No gap and no double: connections come and go while the tracer starts, and each that ends when it is ready
// has one beginning and one end, by each of its two sockets; but for what is told as lost, where the kernel
// skipped a program in which another task had been preempted (docs/hooks.md).

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <map>
#include <vector>

#include "support/contract_check.h"
#include "support/kernel_test.h"

namespace tcptrail::test {
namespace {

std::int64_t now_ns() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

// What a process under fire says of itself, for as long as it lasts.
struct Log {
  static constexpr std::size_t kMost = 16'000;
  struct Connection {
    std::int64_t closing_ns;  // before its first close()
    std::int64_t closed_ns;   // after its last
  };
  int stop;
  pid_t pid;
  std::uint16_t listener_port;
  std::size_t count;
  std::array<Connection, kMost> connections;
};

constexpr const char* kServerIp = "127.0.0.1";
constexpr std::size_t kHeld = 24;  // connections at a time

// Each connection has a client's address of its own, so that none is taken for a later one: a port may be
// used again at once where the kernel keeps few sockets in TIME_WAIT, as it does in little memory.
std::string client_ip(std::size_t number) {
  constexpr std::size_t kOfOneByte = 250;
  static_assert(Log::kMost + kHeld < kOfOneByte * kOfOneByte);
  return "127.1." + std::to_string(number / kOfOneByte) + "." + std::to_string(1 + number % kOfOneByte);
}

// Holds some connections to itself, and time and again closes the oldest and makes a new one.
void fire(Log& log, const Gate& burning) {
  constexpr Seconds kPause{0.0002};
  struct Ends {
    UniqueFd client, server;
  };
  std::deque<Ends> held;
  const UniqueFd listener = listen_at({kServerIp, 0}, 64);
  const SockAddr address = SockAddr::local_of(listener.get());
  log.pid = ::getpid();
  log.listener_port = address.port();
  while (log.count < Log::kMost && std::atomic_ref(log.stop).load() == 0) {
    UniqueFd client = bound_socket({client_ip(log.count + held.size()), 0});
    demand_connect(client.get(), address, 0);
    held.push_back({std::move(client), accept_from(listener.get())});
    if (held.size() < kHeld) continue;
    burning.open();
    Ends& oldest = held.front();
    Log::Connection& logged = log.connections.at(log.count);
    logged = {now_ns(), 0};
    oldest.client.reset();
    oldest.server.reset();
    logged.closed_ns = now_ns();
    ++log.count;
    held.pop_front();
    sleep_for(kPause);
  }
}

// What was told of one end of a connection.
struct Told {
  int beginnings = 0;
  int closes = 0;
  std::string conns, lines;
};

class SnapshotUnderFireTest : public KernelTest, public ::testing::WithParamInterface<const char*> {
 protected:
  Tracer start() {
    return Tracer({.arguments = {"-o", "json", "--netns", ns().inode_text(), "-e",
                                 std::string(socket_events()) + ",snapshot"},
                   .without = GetParam()});
  }
};

using Ends = std::map<std::pair<bool, std::string>, Told>;  // by whether it is the client's, and its address

// An attempt that was under way when it was listed begins with its list entry and is then established.
bool is_beginning(const Event& event) {
  return event.kind() == "connect" || event.kind() == "accept" ||
         (event.kind() == "snapshot" && event.text("state") != "syn_sent");
}

Ends by_end(const std::vector<Event>& events, const Log& log) {
  Ends ends;
  for (const Event& event : events) {
    const bool of_client = event.text("local_ip") != kServerIp;
    if (event.number(of_client ? "remote_port" : "local_port") != log.listener_port) continue;
    Told& told = ends[{of_client, event.text(of_client ? "local_ip" : "remote_ip")}];
    told.beginnings += is_beginning(event) ? 1 : 0;
    told.closes += event.kind() == "close" ? 1 : 0;
    const std::string conn = event.text("conn");
    if (told.conns.find(conn) == std::string::npos) told.conns += conn;
    told.lines += "  " + event.line() + "\n";
    if (event.kind() == "close" && event.number("pid") != log.pid) told.lines += "  ^ not its owner\n";
  }
  return ends;
}

bool is_whole(const Told& told) {
  return told.beginnings == 1 && told.closes == 1 && told.conns.size() == 16 &&
         told.lines.find('^') == std::string::npos;
}

// Of the connections that began to end after `from` and were closed before `to`. Returns for how many ends
// that is not so.
std::size_t expect_each_once(const std::vector<Event>& events, const Log& log, std::int64_t from,
                             std::int64_t to, std::size_t lost) {
  const Ends ends = by_end(events, log);
  std::size_t checked = 0;
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < log.count; ++i) {
    const Log::Connection& connection = log.connections.at(i);
    if (connection.closing_ns < from || connection.closed_ns > to) continue;
    ++checked;
    for (const bool of_client : {true, false}) {
      const auto found = ends.find({of_client, client_ip(i)});
      const Told told = found == ends.end() ? Told{} : found->second;
      if (is_whole(told) || ++wrong <= lost || wrong > lost + 5) continue;
      ADD_FAILURE() << "the " << (of_client ? "client" : "server") << "'s end, client's address "
                    << client_ip(i) << ", told with " << told.beginnings << " beginnings and " << told.closes
                    << " ends:\n"
                    << told.lines;
    }
  }
  EXPECT_LE(wrong, lost) << "of " << 2 * checked << " ends, with so many told as lost";
  EXPECT_GT(checked, 10U) << "too little happened to show anything";
  return wrong;
}

std::size_t lost_in(const std::vector<Event>& events) {
  std::size_t lost = 0;
  for (const Event& event : of_kind(events, "lost")) {
    for (const auto& kind : event.find("count")->GetObject()) lost += kind.value.GetUint64();
  }
  return lost;
}

TEST_P(SnapshotUnderFireTest, EveryConnectionHasOneBeginningAndOneEnd) {
  const int starts = std::max(1, scaled(3));
  constexpr std::int64_t kMarginNs = 100'000'000;  // what the kernel does of itself after a close()
  for (int i = 0; i < starts && !HasFailure(); ++i) {
    SCOPED_TRACE("start " + std::to_string(i));
    const Shared<Log> first, second;
    const Gate first_burning, second_burning;
    Child one = ns().spawn([&] { fire(*first, first_burning); });
    Child two = ns().spawn([&] { fire(*second, second_burning); });
    first_burning.wait();
    second_burning.wait();
    Tracer tracer = start();
    tracer.wait_ready();
    const std::int64_t ready = now_ns();
    sleep_for(Seconds(0.6));
    const std::int64_t end = now_ns() - kMarginNs;
    const Outcome outcome = tracer.stop();
    for (const auto* log : {&first, &second}) std::atomic_ref((*log)->stop).store(1);
    one.join();
    two.join();
    ASSERT_TRUE(outcome.in_time && outcome.exit_code == 0 && outcome.complaints().empty()) << outcome.errors;
    const auto events = outcome.events();
    const std::size_t lost = lost_in(events);
    EXPECT_LE(lost * 20, events.size()) << lost << " are lost";
    if (lost == 0) {
      const auto problems = contract_violations(events, {.older_sockets = true});
      EXPECT_TRUE(problems.empty()) << problems.substr(0, 2'000);
    }
    const std::size_t wrong = expect_each_once(events, *first, ready, end, lost);
    expect_each_once(events, *second, ready, end, lost - std::min(lost, wrong));
  }
}

INSTANTIATE_TEST_SUITE_P(Objects, SnapshotUnderFireTest, ::testing::Values("", "modern"),
                         [](const auto& one) { return *one.param == '\0' ? "Modern" : "ForOlderKernels"; });

}  // namespace
}  // namespace tcptrail::test
