#include "goals.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>

#include "statistics.h"

namespace tcptrail::bench {
namespace {

constexpr double kRateKept = 0.95;
constexpr double kLatencyGrown = 1.05;
constexpr double kShareOfTcplife = 1.0 / 7;
constexpr double kTimesEmpty = 12;
constexpr double kAnonymousMib = 16;
constexpr double kFirstEventMs = 300;
constexpr double kIdleCpuPercent = 0.1;

struct Contestants {
  Measurement ours, tcplife, empty;
};
struct Finding {
  bool met = false;
  std::string figures;
};
// Nothing where a figure is missing.
using Found = std::optional<Finding>;

std::string describe_ratios(const std::vector<double>& ratios) {
  const auto [least, most] = std::minmax_element(ratios.begin(), ratios.end());
  return fmt::format("median of {} pairs {:.3f}, {:.3f} to {:.3f}", ratios.size(), median(ratios), *least,
                     *most);
}

Found connection_rate(const Contestants& all) {
  const auto ratios =
      traced_to_untraced(all.ours.pairs, [](const auto& load) { return load.connections_per_second(); });
  if (ratios.empty()) return std::nullopt;
  return Finding{median(ratios) >= kRateKept, describe_ratios(ratios)};
}

Found connect_latency(const Contestants& all) {
  const auto ratios =
      traced_to_untraced(all.ours.pairs, [](const auto& load) { return load.connect_p99_us; });
  if (ratios.empty()) return std::nullopt;
  std::vector<double> untraced, traced;
  for (const auto& pair : all.ours.pairs) {
    untraced.push_back(pair.untraced.connect_p99_us);
    traced.push_back(pair.traced.connect_p99_us);
  }
  return Finding{median(ratios) <= kLatencyGrown,
                 fmt::format("{}; medians {:.1f} us, untraced {:.1f} us", describe_ratios(ratios),
                             median(traced), median(untraced))};
}

Found bpf_time(const Measurement& ours, const Measurement& peer, double most) {
  if (ours.bpf_ns_per_connection.empty() || peer.bpf_ns_per_connection.empty()) return std::nullopt;
  const double our_ns = median(ours.bpf_ns_per_connection), peer_ns = median(peer.bpf_ns_per_connection);
  const auto ratio = our_ns < peer_ns ? fmt::format("1/{:.1f}", peer_ns / our_ns)
                                      : fmt::format("{:.1f} times", our_ns / peer_ns);
  return Finding{our_ns <= peer_ns * most,
                 fmt::format("{:.0f} ns and {:.0f} ns, {}", our_ns, peer_ns, ratio)};
}

Found bpf_time_to_tcplife(const Contestants& all) { return bpf_time(all.ours, all.tcplife, kShareOfTcplife); }

Found bpf_time_to_empty(const Contestants& all) { return bpf_time(all.ours, all.empty, kTimesEmpty); }

Found cpu_time(const Contestants& all) {
  if (!all.ours.full || !all.tcplife.full) return std::nullopt;
  const double our_seconds = all.ours.full->cpu_seconds_per_100k;
  const double peer_seconds = all.tcplife.full->cpu_seconds_per_100k;
  return Finding{our_seconds <= peer_seconds,
                 fmt::format("{:.2f} s and {:.2f} s per 100,000 connections", our_seconds, peer_seconds)};
}

Found idle_cpu(const Contestants& all) {
  if (!all.ours.full) return std::nullopt;
  return Finding{all.ours.full->idle_cpu_percent <= kIdleCpuPercent,
                 fmt::format("{:.3f} %", all.ours.full->idle_cpu_percent)};
}

Found nothing_lost(const Contestants& all) {
  if (!all.ours.full) return std::nullopt;
  const auto reported = all.ours.full->reported_lost;
  const auto missing = all.ours.full->missing_lines;
  return Finding{
      reported == std::uint64_t{0} && missing == 0,
      fmt::format("{} reported, {} lines missing", reported ? std::to_string(*reported) : "none", missing)};
}

Found anonymous_memory(const Contestants& all) {
  if (!all.ours.full) return std::nullopt;
  const double mib = static_cast<double>(all.ours.full->memory.anonymous_kib) / 1024;
  return Finding{mib <= kAnonymousMib, fmt::format("{:.1f} MiB", mib)};
}

Found first_event(const Contestants& all) {
  const auto& starts = all.ours.first_event_ms;
  if (starts.empty()) return std::nullopt;
  return Finding{median(starts) <= kFirstEventMs,
                 fmt::format("median of {} starts {:.0f} ms, slowest {:.0f} ms", starts.size(),
                             median(starts), *std::max_element(starts.begin(), starts.end()))};
}

struct Goal {
  const char* text;
  Found (*find)(const Contestants& all);
};

constexpr std::array kGoals{
    Goal{"connections/s at least 0.95 of untraced", connection_rate},
    Goal{"p99 of connect() at most 1.05 of untraced", connect_latency},
    Goal{"BPF time per connection at most 1/7 of tcplife's", bpf_time_to_tcplife},
    Goal{"BPF time per connection at most 12 times the empty program's", bpf_time_to_empty},
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
  const Contestants all{of(measurements, kTcptrail), of(measurements, kTcplife), of(measurements, kEmpty)};
  std::vector<JudgedGoal> judged;
  for (const auto& goal : kGoals) {
    const Found found = goal.find(all);
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
