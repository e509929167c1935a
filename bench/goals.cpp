#include "goals.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>

#include "statistics.h"

namespace tcptrail::bench {
namespace {

constexpr double kShareOfTcplife = 1.0 / 5;
constexpr double kAnonymousMib = 16;
constexpr double kFirstEventMs = 300;
constexpr double kIdleCpuPercent = 0.1;

struct Finding {
  bool met = false;
  std::string figures;
};
// Nothing where a figure is missing.
using Found = std::optional<Finding>;

Found bpf_time(const Measurement& ours, const Measurement& peer) {
  if (ours.bpf_ns_per_connection.empty() || peer.bpf_ns_per_connection.empty()) return std::nullopt;
  const double our_ns = median(ours.bpf_ns_per_connection), peer_ns = median(peer.bpf_ns_per_connection);
  return Finding{our_ns <= peer_ns * kShareOfTcplife,
                 fmt::format("{:.0f} ns and {:.0f} ns, 1/{:.1f}", our_ns, peer_ns, peer_ns / our_ns)};
}

Found cpu_time(const Measurement& ours, const Measurement& peer) {
  if (!ours.full || !peer.full) return std::nullopt;
  const double our_seconds = ours.full->cpu_seconds_per_100k, peer_seconds = peer.full->cpu_seconds_per_100k;
  return Finding{our_seconds <= peer_seconds,
                 fmt::format("{:.2f} s and {:.2f} s per 100,000 connections", our_seconds, peer_seconds)};
}

Found idle_cpu(const Measurement& ours, const Measurement&) {
  if (!ours.full) return std::nullopt;
  return Finding{ours.full->idle_cpu_percent <= kIdleCpuPercent,
                 fmt::format("{:.3f} %", ours.full->idle_cpu_percent)};
}

Found nothing_lost(const Measurement& ours, const Measurement&) {
  if (!ours.full) return std::nullopt;
  const auto reported = ours.full->reported_lost;
  const auto missing = ours.full->missing_lines;
  return Finding{
      reported == std::uint64_t{0} && missing == 0,
      fmt::format("{} reported, {} lines missing", reported ? std::to_string(*reported) : "none", missing)};
}

Found anonymous_memory(const Measurement& ours, const Measurement&) {
  if (!ours.full) return std::nullopt;
  const double mib = static_cast<double>(ours.full->memory.anonymous_kib) / 1024;
  return Finding{mib <= kAnonymousMib, fmt::format("{:.1f} MiB", mib)};
}

Found first_event(const Measurement& ours, const Measurement&) {
  const auto& starts = ours.first_event_ms;
  if (starts.empty()) return std::nullopt;
  return Finding{median(starts) <= kFirstEventMs,
                 fmt::format("median of {} starts {:.0f} ms, slowest {:.0f} ms", starts.size(),
                             median(starts), *std::max_element(starts.begin(), starts.end()))};
}

struct Goal {
  const char* text;
  Found (*find)(const Measurement& ours, const Measurement& tcplife);
};

constexpr std::array kGoals{
    Goal{"BPF time per connection at most 1/5 of tcplife's", bpf_time},
    Goal{"CPU time at most tcplife's", cpu_time},
    Goal{"at most 0.1 % of a processor while nothing happens", idle_cpu},
    Goal{"nothing lost in the full run", nothing_lost},
    Goal{"RssAnon at most 16 MiB", anonymous_memory},
    Goal{"first event within 300 ms", first_event},
};

// An unmeasured one if the tracer did not take part.
Measurement of(const std::vector<Measurement>& all, std::string_view name) {
  const auto it =
      std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.tracer.name == name; });
  return it == all.end() ? Measurement{} : *it;
}

}  // namespace

std::vector<JudgedGoal> judge(const std::vector<Measurement>& measurements) {
  const Measurement ours = of(measurements, kTcptrail), tcplife = of(measurements, kTcplife);
  std::vector<JudgedGoal> judged;
  for (const auto& goal : kGoals) {
    const Found found = goal.find(ours, tcplife);
    judged.push_back({goal.text, found ? found->figures : "not measured",
                      !found       ? Verdict::kNotMeasured
                      : found->met ? Verdict::kPass
                                   : Verdict::kFail});
  }
  return judged;
}

std::string describe(const JudgedGoal& goal) {
  constexpr std::array kWords{"PASS", "FAIL", "SKIP"};
  return fmt::format("{}: {}: {}", kWords.at(static_cast<std::size_t>(goal.verdict)), goal.text, goal.found);
}

}  // namespace tcptrail::bench
