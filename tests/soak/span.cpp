#include "span.h"

#include <poll.h>
#include <sys/mman.h>

#include <chrono>
#include <set>
#include <stdexcept>

#include "comparison.h"
#include "support/process.h"
#include "support/shared.h"
#include "support/silent_peer.h"
#include "support/tracer.h"
#include "watch.h"

namespace tcptrail::test::soak {
namespace {

constexpr int kOtherNamespaces = 3;  // in each round, new ones
constexpr Seconds kSampleEvery{1};
constexpr Seconds kForgetWithin{10};

std::vector<std::string> arguments_of(const FilterSet& filters) {
  std::vector<std::string> arguments{"-o", "json", "--stats"};
  arguments.insert(arguments.end(), filters.arguments.begin(), filters.arguments.end());
  return arguments;
}

class Span {
 public:
  explicit Span(const SpanPlan& plan)
      : plan_(plan),
        output_(check(::memfd_create("events", MFD_CLOEXEC), "memfd_create")),
        tracer_({.arguments = arguments_of(plan.filters), .standard_output = output_.get()}) {
    tracer_.wait_ready();
  }

  Account play() {
    Watch watch(tracer_.pid());
    try {
      play_rounds(watch);
    } catch (const std::exception& error) {
      throw std::runtime_error(std::string(error.what()) + "; the tracer: " + tracer_.stop().report());
    }
    add_difference("what it takes", watch.complaint());
    stop();
    account(watch);
    return std::move(account_);
  }

 private:
  void play_rounds(Watch& watch) {
    const TracerMaps maps(tracer_.pid());
    const auto end = std::chrono::steady_clock::now() + plan_.length;
    play_round(0, maps, watch);
    watch.begin();
    for (int turn = 1; turn == 1 || std::chrono::steady_clock::now() < end; ++turn)
      play_round(turn, maps, watch);
  }

  void play_round(int turn, const TracerMaps& maps, Watch& watch) {
    const std::vector<TestNamespace> others(kOtherNamespaces);
    // In a process of its own, so that the samples are taken meanwhile.
    Child traffic = spawn([&] {
      soak::play({turn, plan_.ports, plan_.ipv6, home_, silent_.address(), others}, *log_);
    });
    const UniqueFd running = open_pidfd(traffic.pid());
    while (!poll_for(running.get(), POLLIN, kSampleEvery)) watch.sample();
    traffic.join();
    std::set<std::uint64_t> namespaces;
    for (const auto& [happening, count] : take_all(*log_)) {
      made_[happening] += count;
      namespaces.insert(happening.netns);
    }
    home_.wait_until_quiet();
    for (const TestNamespace& other : others) other.wait_until_quiet();
    expect_forgotten(maps, namespaces);
    watch.sample();
  }

  void expect_forgotten(const TracerMaps& maps, const std::set<std::uint64_t>& namespaces) {
    std::string what;
    eventually(kForgetWithin, [&] { return (what = remembered(maps, namespaces)).empty(); });
    add_difference("still remembered", what);
  }

  void stop() {
    const Outcome outcome = tracer_.stop();
    if (!outcome.in_time || outcome.exit_code != 0 || !outcome.complaints().empty())
      add_difference("the tracer's end", outcome.report());
  }

  void account(const Watch& watch) {
    Tally expected;
    std::int64_t failures = 0;
    for (const auto& [happening, count] : made_) {
      if (plan_.filters.passes(happening)) expected[happening] = count;
      if (happening.kind == Word("connect")) account_.connections += count;
      if (happening.kind == Word("fail")) failures += count;
    }
    if (expected.empty()) add_difference("the filters", "they let nothing pass, so nothing is proved");
    Comparison comparison =
        compare(expected, Ownership(made_, plan_.ports), "/proc/self/fd/" + std::to_string(output_.get()));
    account_.differences.insert(account_.differences.end(), comparison.differences.begin(),
                                comparison.differences.end());
    account_.explained = std::move(comparison.explained);
    account_.summary = plan_.filters.text() + ": " + std::to_string(account_.connections) +
                       " connections and " + std::to_string(failures) + " failed attempts made, " +
                       std::to_string(comparison.told) + " events told, " + std::to_string(comparison.lost) +
                       " lost, " + watch.text();
  }

  void add_difference(const std::string& where, const std::string& what) {
    if (!what.empty()) account_.differences.push_back(where + ": " + what);
  }

  const SpanPlan& plan_;
  const UniqueFd output_;
  Tracer tracer_;
  const TestNamespace home_;
  const SilentPeer silent_{home_};
  const Shared<Log> log_;
  Tally made_;
  Account account_;
};

}  // namespace

Account play_span(const SpanPlan& plan) { return Span(plan).play(); }

}  // namespace tcptrail::test::soak
