// Nothing leaks: after very many attempts that were refused, or whose process was killed, each was told and
// the tracer remembers none of them.

#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <vector>

#include "support/accounting.h"
#include "support/kernel_test.h"
#include "support/silent_peer.h"
#include "support/tracer_maps.h"

namespace tcptrail::test {
namespace {

constexpr int kOfOneProcess = 5'000;

// $TCPTRAIL_LEAK_ATTEMPTS, for machines that are emulated.
int attempts_to_make() {
  const char* const given = std::getenv("TCPTRAIL_LEAK_ATTEMPTS");
  return given != nullptr ? std::stoi(given) : 100'000;
}

// By which of the two objects with kernel programs.
class LeakTest : public KernelTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    output_ = UniqueFd(check(::memfd_create("events", MFD_CLOEXEC), "memfd_create"));
  }

  // `attempt_some` makes so many attempts, in a process of its own.
  void expect_all_told_and_forgotten(
      const std::string& reason,
      const std::function<void(int attempts, const TracerMaps& maps)>& attempt_some) {
    const int attempts = attempts_to_make();
    Tracer tracer({.arguments = {"-o", "json", "-e", "fail", "--stats", "--netns", ns().inode_text()},
                   .standard_output = output_.get(),
                   .without = GetParam()});
    tracer.wait_ready();
    const TracerMaps maps(tracer.pid());
    for (int made = 0; made < attempts; made += kOfOneProcess) {
      attempt_some(std::min(kOfOneProcess, attempts - made), maps);
    }
    const auto remembered = [&] { return maps.sockets_of(ns().inode()); };
    EXPECT_TRUE(eventually(Seconds(10), [&] { return remembered() == 0; }))
        << remembered() << " sockets are remembered that are gone";
    EXPECT_EQ(maps.listeners_of(ns().inode()), 0U);
    EXPECT_EQ(maps.calls_of_the_dead(), 0U);
    EXPECT_TRUE(eventually(Seconds(10), [&] { return maps.miscounts().empty(); })) << maps.miscounts();
    expect_accounts(tracer.stop(), reason, attempts);
  }

 private:
  // Line by line: all of them as events would take much memory.
  struct Lines {
    std::int64_t of_reason = 0;
    std::string last;
  };
  Lines read_output(const std::string& reason) {
    const std::string mark = R"("reason":")" + reason + '"';
    Lines lines;
    std::ifstream file("/proc/self/fd/" + std::to_string(output_.get()));
    for (std::string line; std::getline(file, line);) {
      lines.of_reason += line.find(mark) != std::string::npos ? 1 : 0;
      lines.last.swap(line);
    }
    return lines;
  }

  void expect_accounts(Outcome outcome, const std::string& reason, int attempts) {
    ASSERT_TRUE(outcome.in_time && outcome.exit_code == 0 && outcome.complaints().empty()) << outcome.errors;
    const Lines lines = read_output(reason);
    outcome.lines = {lines.last};
    const Accounting accounting(outcome);
    EXPECT_EQ(accounting.at("emitted", "fail") + accounting.at("lost", "fail"), attempts) << lines.last;
    EXPECT_EQ(lines.of_reason, accounting.at("emitted", "fail")) << "as " << reason << "\n" << lines.last;
    EXPECT_EQ(accounting.at("seen", "fail"),
              accounting.at("emitted", "fail") + accounting.at("filtered", "fail") +
                  accounting.at("flooded", "fail") + accounting.at("lost", "fail"))
        << lines.last;
  }

  UniqueFd output_;
};

TEST_P(LeakTest, RefusedAttempts) {
  expect_all_told_and_forgotten("refused", [&](int attempts, const TracerMaps&) {
    ns().spawn([&] {
          for (int i = 0; i < attempts; ++i)
            demand_connect(tcp_socket(AF_INET).get(), {"127.0.0.1", kClosedPort}, ECONNREFUSED);
        })
        .join();
  });
}

// All of a process's attempts are under way when it dies.
TEST_P(LeakTest, KilledAttempts) {
  const SilentPeer peer(ns());
  ns().set_sysctl("ipv4/tcp_syn_retries", "6");  // none times out before
  expect_all_told_and_forgotten("aborted", [&](int attempts, const TracerMaps& maps) {
    const Gate under_way, never;
    Child child = ns().spawn([&] {
      const rlim_t descriptors = static_cast<rlim_t>(attempts) + 100;
      const rlimit limit{descriptors, descriptors};
      check(::setrlimit(RLIMIT_NOFILE, &limit), "RLIMIT_NOFILE");
      std::vector<UniqueFd> sockets;
      for (int i = 0; i < attempts; ++i) {
        sockets.push_back(tcp_socket(AF_INET, SOCK_NONBLOCK));
        demand_connect(sockets.back().get(), peer.address(), EINPROGRESS);
      }
      under_way.open();
      never.wait();
    });
    under_way.wait();
    // Nearly: from Linux 7.0 a program may be skipped, and the attempt is told at its end.
    EXPECT_GE(maps.sockets_of(ns().inode()), static_cast<std::size_t>(attempts) * 99 / 100)
        << "what is under way is remembered, or nothing could be forgotten";
    child.kill_and_reap();
  });
}

INSTANTIATE_TEST_SUITE_P(Objects, LeakTest, ::testing::Values("", "modern"),
                         [](const auto& one) { return *one.param == '\0' ? "Modern" : "ForOlderKernels"; });

}  // namespace
}  // namespace tcptrail::test
