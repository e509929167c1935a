// soak [MINUTES]: the tracer under mixed traffic, in spans with a filter of their own each, and not one event
// that is not explained.

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string_view>

#include "span.h"
#include "support/prerequisites.h"
#include "support/program.h"

namespace tcptrail::test::soak {
namespace {

constexpr double kMostMinutes = 24 * 60;
constexpr Seconds kShortestSpan{3}, kLongestSpan{60};
constexpr Seconds kStart{2};    // what a span takes besides its traffic, about
constexpr Seconds kGrace{120};  // for what is under way when the time is over, at most
constexpr std::size_t kShown = 10;

std::optional<Seconds> time_from(int argc, char** argv) {
  if (argc == 1) return std::chrono::minutes(10);
  const std::string_view text = argc == 2 ? argv[1] : "";
  double minutes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), minutes);
  if (error != std::errc() || end != text.data() + text.size() || !(minutes > 0 && minutes <= kMostMinutes))
    return std::nullopt;
  return Seconds(minutes * 60);
}

std::vector<std::string> shortened(const std::vector<std::string>& lines) {
  std::vector<std::string> some(lines.begin(),
                                lines.begin() + static_cast<std::ptrdiff_t>(std::min(lines.size(), kShown)));
  if (lines.size() > kShown) some.push_back("… and " + std::to_string(lines.size() - kShown) + " more");
  return some;
}

// The last resort: processes that it leaves are killed with it, as their parents die.
void end_after(Seconds limit) {
  ::signal(SIGALRM, [](int) {
    constexpr std::string_view kText = "soak: a process did not end in time\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kText.data(), kText.size());
    ::_exit(1);
  });
  ::alarm(static_cast<unsigned>(limit.count()));
}

// Below the ports that the kernel chooses, and not another soak's.
Ports own_ports() {
  constexpr int kLowest = 16'000, kBlocks = 900;
  return {static_cast<std::uint16_t>(kLowest + ::getpid() % kBlocks * Ports::kCount)};
}

class Soak {
 public:
  explicit Soak(Seconds time)
      : time_(time), end_(Clock::now() + std::chrono::duration_cast<Clock::duration>(time)) {}

  int run() {
    // Each set of filters has its turn, if there is time.
    const std::vector<FilterSet> sets = filter_sets(ports_);
    const Seconds share = time_ / static_cast<double>(sets.size()) - kStart;
    const Seconds length = std::clamp(share, kShortestSpan, kLongestSpan);
    while (complete_ && (spans_ == 0 || left() >= kShortestSpan))
      play(sets.at(static_cast<std::size_t>(spans_) % sets.size()), std::min(length, left()));
    return conclude();
  }

 private:
  using Clock = std::chrono::steady_clock;
  Seconds left() const { return end_ - Clock::now(); }

  void play(const FilterSet& filters, Seconds length) {
    ++spans_;
    try {
      const Account account = play_span({filters, ports_, ipv6_, length});
      std::printf("span %d, %s\n", spans_, account.summary.c_str());
      for (const auto& line : shortened(account.explained))
        std::printf("  explained by the loss: %s\n", line.c_str());
      for (const auto& line : shortened(account.differences)) unexplained(line);
      connections_ += account.connections;
    } catch (const std::exception& error) {
      complete_ = false;
      unexplained("not played to its end, " + filters.text() + ": " + error.what());
    }
    std::fflush(stdout);
  }

  void unexplained(const std::string& what) {
    unexplained_.push_back("span " + std::to_string(spans_) + ": " + what);
  }

  int conclude() const {
    if (unexplained_.empty()) {
      std::printf("soak: %d spans, %lld connections, nothing unexplained\n", spans_,
                  static_cast<long long>(connections_));
      return 0;
    }
    std::printf("soak: %d spans, %lld connections, unexplained:\n", spans_,
                static_cast<long long>(connections_));
    for (const auto& line : unexplained_) std::printf("  %s\n", line.c_str());
    return 1;
  }

  const Seconds time_;
  const Clock::time_point end_;
  const Ports ports_ = own_ports();
  const bool ipv6_ = lacks_ipv6().empty();
  int spans_ = 0;
  bool complete_ = true;
  std::int64_t connections_ = 0;
  std::vector<std::string> unexplained_;
};

int run(int argc, char** argv) {
  const auto time = time_from(argc, argv);
  if (!time) {
    std::fputs("usage: soak [MINUTES]\n", stderr);
    return 2;
  }
  if (const std::string why = lacks_tracing(); !why.empty()) throw std::runtime_error(why);
  end_after(*time + kGrace);
  return Soak(*time).run();
}

}  // namespace
}  // namespace tcptrail::test::soak

int main(int argc, char** argv) {
  return tcptrail::test::run_program("soak", [&] { return tcptrail::test::soak::run(argc, argv); });
}
