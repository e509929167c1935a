// A return probe serves only so many calls at once. What it misses beyond that is counted: no failure is
// silent.

#include <sys/socket.h>

#include <algorithm>
#include <sstream>
#include <thread>
#include <vector>

#include "support/accounting.h"
#include "support/family.h"
#include "support/kernel_test.h"
#include "support/silent_peer.h"

namespace tcptrail::test {
namespace {

constexpr int kBlocked = 200;  // the kernel's default is 10, or two a processor
constexpr int kFailing = 100;

class MissedReturnsTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    TCPTRAIL_REQUIRE_OF_KERNEL(family_under_test() == Family::kKprobe
                                   ? ""
                                   : "only return probes are limited, and another family is under test");
  }

  // Of the calling thread's namespace.
  static int attempts_under_way() {
    std::istringstream table(read_whole("/proc/thread-self/net/tcp"));
    int count = 0;
    for (std::string line; std::getline(table, line);) {
      std::istringstream fields(line);
      std::string slot, local, remote, state;
      fields >> slot >> local >> remote >> state;
      count += state == "02" ? 1 : 0;
    }
    return count;
  }

  // So many threads in connect(), until they are killed.
  static void block(const SockAddr& address, const Gate& blocked) {
    std::vector<std::thread> threads;
    threads.reserve(kBlocked);
    for (int i = 0; i < kBlocked; ++i)
      threads.emplace_back([&] { try_connect(tcp_socket(AF_INET).get(), address); });
    demand(eventually(Seconds(15), [] { return attempts_under_way() == kBlocked; }), "not all are blocked");
    blocked.open();
    for (auto& thread : threads) thread.join();
  }

  static std::int64_t fails_of_reason(const std::vector<Event>& events, std::string_view reason) {
    return std::count_if(events.begin(), events.end(), [&](const Event& event) {
      return event.kind() == "fail" && event.text("reason") == reason;
    });
  }
};

TEST_F(MissedReturnsTest, EachFailureIsToldOrCountedAsUnknown) {
  const SilentPeer peer(ns());
  ns().set_sysctl("ipv4/tcp_syn_retries", "6");  // none times out before it is killed
  const auto outcome = trace_json({"-e", "fail", "--stats"}, [&] {
    const Gate blocked;
    Child blocking = ns().spawn([&] { block(peer.address(), blocked); });
    blocked.wait();
    ns().spawn([] {
          for (int i = 0; i < kFailing; ++i)
            demand_connect(tcp_socket(AF_INET).get(), {"192.0.2.1", 80}, ENETUNREACH);
        })
        .join();
    blocking.kill_and_reap();
  });
  ASSERT_TRUE(outcome.in_time && outcome.exit_code == 0 && outcome.complaints().empty()) << outcome.report();
  EXPECT_TRUE(accounts_close(outcome));
  const auto events = outcome.events();
  const auto told = fails_of_reason(events, "unreachable");
  const auto unknown = Accounting(outcome).at("lost", "unknown");
  // A change of state tells these, whatever is missed.
  EXPECT_EQ(fails_of_reason(events, "aborted"), kBlocked) << outcome.report();
  EXPECT_LE(told, kFailing) << outcome.report();
  EXPECT_GE(told + unknown, kFailing) << "failures that were neither told nor counted\n" << outcome.report();
  // The returns of those that blocked may have been missed too, each once.
  EXPECT_LE(told + unknown, kFailing + kBlocked) << "counted twice\n" << outcome.report();
  EXPECT_GT(unknown, 0) << "nothing was missed, so nothing was shown\n" << outcome.report();
}

}  // namespace
}  // namespace tcptrail::test
