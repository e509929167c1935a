// A process that makes more events than can be read hides nobody: the others' are listed one by one, and of
// its own each is counted, by where it went.

#include <fmt/format.h>
#include <sys/mman.h>

#include <array>
#include <atomic>
#include <fstream>
#include <map>
#include <optional>
#include <thread>
#include <tuple>

#include "support/accounting.h"
#include "support/kernel_test.h"

namespace tcptrail::test {
namespace {

// What a process that floods says of itself: connections to itself, and refused attempts.
struct Flood {
  static constexpr std::size_t kThreads = 2;
  struct Thread {
    std::uint16_t port;
    std::int64_t connections;
    std::int64_t refusals;
  };
  int stop;
  pid_t pid;
  std::array<Thread, kThreads> threads;
};

// Connections that leave nothing behind, so that the ports last.
void connect_and_reset(int listener, const SockAddr& address) {
  UniqueFd client = connect_to(address);
  const UniqueFd server = accept_from(listener);
  close_with_reset(std::move(client));
}

void refused(const SockAddr& address) { demand_connect(tcp_socket(AF_INET).get(), address, ECONNREFUSED); }

void flood(Flood& log, Flood::Thread& thread, const Gate& flooding) {
  constexpr std::int64_t kMost = 100'000;
  const UniqueFd listener = listen_at({"127.0.0.1", 0}, 64);
  const SockAddr address = SockAddr::local_of(listener.get());
  thread.port = address.port();
  while (thread.connections < kMost && std::atomic_ref(log.stop).load() == 0) {
    connect_and_reset(listener.get(), address);
    ++thread.connections;
    if (thread.connections % 8 == 0) {
      refused({"127.0.0.1", kClosedPort});
      ++thread.refusals;
    }
    if (thread.connections == 4'000) flooding.open();
  }
  flooding.open();
}

// A process that makes connections one after the other, without haste, and says what it sent and received.
struct Quiet {
  static constexpr std::size_t kMost = 1'000;
  struct Connection {
    std::uint16_t local_port = 0;
    std::int64_t sent = 0, received = 0;
  };
  pid_t pid = 0;
  SockAddr server;
  std::array<Connection, kMost> connections{};
};

void serve(int listener, int count) {
  for (int i = 0; i < count; ++i) {
    const UniqueFd socket = accept_from(listener);
    send_bytes(socket.get(), static_cast<std::size_t>(1 + i % 7));
    receive_until_end(socket.get());
  }
}

void converse(Quiet& log, int count, Seconds pause) {
  log.pid = ::getpid();
  for (int i = 0; i < count; ++i) {
    UniqueFd socket = connect_to(log.server);
    auto& connection = log.connections.at(static_cast<std::size_t>(i));
    connection = {SockAddr::local_of(socket.get()).port(), 100 + i % 50, 1 + i % 7};
    send_bytes(socket.get(), static_cast<std::size_t>(connection.sent));
    receive_bytes(socket.get(), static_cast<std::size_t>(connection.received));
    socket.reset();
    sleep_for(pause);
  }
}

using Destination = std::tuple<std::string, std::string, std::int64_t>;  // kind, direction, port

// What the tracer's lines come to: of the flood only the sums are kept.
class Told {
 public:
  Told(const std::string& path, pid_t flooder) : flooder_(flooder) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) take(Event(line));
  }

  const std::vector<Event>& of_others() const { return of_others_; }
  // Events of the flood, one by one and summed up, by where they went.
  const std::map<Destination, std::int64_t>& of_flood() const { return of_flood_; }
  const Ledger& ledger() const { return ledger_; }
  Accounting accounting() const { return Accounting(last_.value()); }

 private:
  void take(const Event& event) {
    ledger_.enter(event);
    last_ = event;
    if (event.number("pid") != flooder_) return of_others_.push_back(event);
    const bool summed = event.kind() == "flood";
    const std::string direction = event.text("direction");
    const auto port = event.number(direction == "outbound" ? "remote_port" : "local_port");
    of_flood_[{summed ? event.text("kind") : event.kind(), direction, port.value_or(0)}] +=
        summed ? event.number("count").value_or(0) : 1;
  }

  pid_t flooder_;
  std::vector<Event> of_others_;
  std::map<Destination, std::int64_t> of_flood_;
  Ledger ledger_;
  std::optional<Event> last_;
};

struct Course {
  const char* name;
  const char* buffer;
  bool reader_stops;
};

class FloodTest : public KernelTest {
 protected:
  std::vector<std::string> arguments(const std::vector<std::string>& more) {
    std::vector<std::string> all{"-o", "json", "--stats", "--netns", ns().inode_text()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
};

class HidingTest : public FloodTest, public ::testing::WithParamInterface<Course> {
 protected:
  void SetUp() override {
    FloodTest::SetUp();
    // A port tells one connection of the quiet process from another.
    if (!IsSkipped() && !HasFatalFailure()) ns().set_sysctl("ipv4/tcp_tw_reuse", "0");
  }

  // Everybody's end is the flood's too.
  void flood_while(const std::function<void()>& others_act) {
    const Gate flooding;
    Child flooder = ns().spawn([&] {
      flood_->pid = ::getpid();
      std::thread second([&] { flood(*flood_, flood_->threads[1], flooding); });
      flood(*flood_, flood_->threads[0], flooding);
      second.join();
    });
    flooding.wait();
    others_act();
    std::atomic_ref(flood_->stop).store(1);
    flooder.join();
  }

  void converse_quietly() {
    const Gate listening;
    Child server = ns().spawn([&] {
      const UniqueFd listener = listen_at({"127.0.0.1", 0}, 64);
      quiet_->server = SockAddr::local_of(listener.get());
      listening.open();
      serve(listener.get(), count_);
    });
    Child client = ns().spawn([&] {
      listening.wait();
      converse(*quiet_, count_, Seconds(0.004));
    });
    client.join();
    server.join();
  }

  // Each of its connections is there once from beginning to end, but for what was lost.
  void expect_whole_conversations(const std::vector<Event>& events, std::int64_t lost) {
    std::map<std::int64_t, std::vector<Event>> by_port;
    for (const Event& event : events) {
      if (event.number("pid") == quiet_->pid && event.number("remote_port") == quiet_->server.port())
        by_port[event.number("local_port").value_or(0)].push_back(event);
    }
    std::int64_t wrong = 0;
    std::string report;
    for (int i = 0; i < count_; ++i) {
      const auto& made = quiet_->connections.at(static_cast<std::size_t>(i));
      const auto& told = by_port[made.local_port];
      const bool whole = told.size() == 2 && told[0].kind() == "connect" && told[1].kind() == "close" &&
                         told[0].text("conn") == told[1].text("conn") &&
                         told[1].number("bytes_out") == made.sent &&
                         told[1].number("bytes_in") == made.received;
      if (whole || ++wrong > 5) continue;
      report +=
          fmt::format("connection {} sent {}, received {}, and was told as\n", i, made.sent, made.received);
      for (const Event& event : told) report += "  " + event.line() + "\n";
    }
    EXPECT_LE(wrong, lost) << "connections are not whole, such as these:\n" << report;
  }

  // What it says that it did, and what was told of it; apart from what was lost.
  void expect_all_of_the_flood(std::map<Destination, std::int64_t> told, const Accounting& accounting) {
    std::map<Destination, std::int64_t> made;
    for (const auto& thread : flood_->threads) {
      made[{"connect", "outbound", thread.port}] = thread.connections;
      made[{"close", "outbound", thread.port}] = thread.connections;
      made[{"accept", "inbound", thread.port}] = thread.connections;
      made[{"close", "inbound", thread.port}] = thread.connections;
      made[{"fail", "outbound", kClosedPort}] += thread.refusals;
    }
    for (const auto& [destination, count] : made) {
      const auto& [kind, direction, port] = destination;
      EXPECT_LE(told[destination], count) << direction << " " << kind << " " << port;
      EXPECT_GE(told[destination], count - accounting.lost(kind)) << direction << " " << kind << " " << port;
      told.erase(destination);
    }
    EXPECT_TRUE(told.empty()) << told.size() << " destinations that it did not have";
  }

  const int count_ = scaled(Quiet::kMost);
  Shared<Flood> flood_;
  Shared<Quiet> quiet_;
};

TEST_P(HidingTest, QuietProcessIsListedWhole) {
  const Course course = GetParam();
  const UniqueFd output(check(::memfd_create("events", MFD_CLOEXEC), "memfd_create"));
  Tracer tracer({.arguments = arguments({"--buffer", course.buffer}), .standard_output = output.get()});
  tracer.wait_ready();

  flood_while([&] {
    if (course.reader_stops) tracer.send_signal(SIGSTOP);
    const auto start = std::chrono::steady_clock::now();
    converse_quietly();
    if (course.reader_stops) {
      sleep_for(Seconds(5) - (std::chrono::steady_clock::now() - start));
      tracer.send_signal(SIGCONT);
    }
  });
  ns().wait_until_quiet();
  const auto outcome = tracer.stop();

  ASSERT_TRUE(outcome.in_time && outcome.exit_code == 0) << outcome.complaints();
  const Told told("/proc/self/fd/" + std::to_string(output.get()), flood_->pid);
  const Accounting accounting = told.accounting();
  expect_whole_conversations(told.of_others(), accounting.all_lost());
  EXPECT_TRUE(told.ledger().agrees_with(accounting));
  EXPECT_TRUE(hardly_any_is_lost(accounting));
  expect_all_of_the_flood(told.of_flood(), accounting);
  if (course.reader_stops && count_ == Quiet::kMost) {  // an emulated machine makes no flood
    EXPECT_GT(accounting.at("flooded", "connect"), 0) << "there was no flood";
  }
}

INSTANTIATE_TEST_SUITE_P(Courses, HidingTest,
                         ::testing::Values(Course{"ReaderReads", "8", false},
                                           Course{"ReaderStops", "8", true},
                                           Course{"SmallBuffer", "1", false},
                                           Course{"SmallBufferReaderStops", "1", true}),
                         [](const auto& one) { return std::string(one.param.name); });

// With what a stopped reader leaves in the smallest buffer, half way between "some" and "high" pressure.
TEST_F(FloodTest, FailuresAndFirstContactsComeFirst) {
  constexpr int kEnough = 1'500;
  Tracer tracer({.arguments = arguments({"--buffer", "1", "--flood-budget", "0", "--flood-at", "25"})});
  tracer.wait_ready();
  const Shared<std::array<std::uint16_t, 2>> ports;

  tracer.send_signal(SIGSTOP);
  ns().spawn([&] {
        const UniqueFd known = listen_at({"127.0.0.1", 0}, 64);
        const UniqueFd fresh = listen_at({"127.0.0.1", 0}, 64);
        const SockAddr addresses[] = {SockAddr::local_of(known.get()), SockAddr::local_of(fresh.get())};
        *ports = {addresses[0].port(), addresses[1].port()};
        for (int i = 0; i < kEnough; ++i) connect_and_reset(known.get(), addresses[0]);
        connect_and_reset(fresh.get(), addresses[1]);
        for (int i = 0; i < 3; ++i) refused({"127.0.0.1", kClosedPort});
        for (int i = 0; i < 5; ++i) connect_and_reset(fresh.get(), addresses[1]);
      })
      .join();
  tracer.send_signal(SIGCONT);
  ns().wait_until_quiet();
  const auto outcome = tracer.stop();

  ASSERT_TRUE(outcome.in_time && outcome.exit_code == 0) << outcome.complaints();
  EXPECT_TRUE(accounts_close(outcome));
  std::map<std::int64_t, int> connects;
  for (const Event& event : of_kind(outcome.events(), "connect"))
    ++connects[event.number("remote_port").value_or(0)];
  EXPECT_LT(connects[(*ports)[0]], kEnough) << "there was no flood";
  EXPECT_EQ(connects[(*ports)[1]], 1) << "the first contact is listed, those after it are not";
  EXPECT_EQ(of_kind(outcome.events(), "fail").size(), 3U);
}

// Nothing is left to count with: that is told as a loss.
TEST_F(FloodTest, MoreFloodsThanEntriesAreLostAndTold) {
  constexpr std::int64_t kAttempts = 12'000;
  Tracer tracer({.arguments = arguments({"-e", "fail", "--buffer", "1", "--flood-entries", "16"})});
  tracer.wait_ready();

  tracer.send_signal(SIGSTOP);
  ns().spawn([&] {
        for (std::uint16_t port = 1; port <= kAttempts; ++port) refused({"127.0.0.1", port});
      })
      .join();
  tracer.send_signal(SIGCONT);
  const auto outcome = tracer.stop();

  ASSERT_TRUE(outcome.in_time && outcome.exit_code == 0) << outcome.complaints();
  EXPECT_TRUE(accounts_close(outcome));
  const Accounting accounting(outcome);
  // Others on this machine fail too, in other namespaces.
  EXPECT_EQ(accounting.at("seen", "fail") - accounting.at("filtered", "fail"), kAttempts);
  EXPECT_GT(accounting.at("flooded", "fail"), 0);
  EXPECT_LE(accounting.at("flooded", "fail"), 16);
  EXPECT_GT(accounting.at("lost", "fail"), 0);
  EXPECT_FALSE(of_kind(outcome.events(), "lost").empty());
}

}  // namespace
}  // namespace tcptrail::test
