#include "measure.h"

#include <fmt/core.h>

#include <algorithm>

#include "first_event.h"

namespace tcptrail::bench {
namespace {

using namespace std::chrono_literals;

// Adds this round's part to the shares, and returns its BPF ns per connection.
double add_run_times(const std::vector<RunTime>& before, const std::vector<RunTime>& after,
                     const Settings& settings, std::vector<ProgramShare>& shares) {
  const auto connections = static_cast<double>(settings.round_connections);
  double total = 0;
  shares.resize(after.size());
  for (std::size_t i = 0; i < after.size(); ++i) {
    const double ns = static_cast<double>(after[i].nanoseconds - before[i].nanoseconds) / connections;
    const double runs = static_cast<double>(after[i].runs - before[i].runs) / connections;
    shares[i].program = after[i].program;
    shares[i].ns_per_connection += ns / settings.rounds;
    shares[i].runs_per_connection += runs / settings.rounds;
    total += ns;
  }
  return total;
}

// Counting takes time itself, so a round's connections/s and its BPF time come from two loads.
void run_round(Measurement& measurement, const Workplace& place, const Settings& settings) {
  Session session(measurement.tracer, place);
  session.settle();
  const auto load = session.load(settings.round_connections);
  measurement.connections_per_second.push_back(load.connections_per_second());
  measurement.connect_p99_us.push_back(load.connect_p99_us);
  measurement.load_cpu_us.push_back(load.cpu_us);
  session.settle();
  if (!session.programs().empty()) {
    const RunTimeCounting counting;
    const auto before = session.programs().run_times();
    session.load(settings.round_connections);
    const auto after = session.programs().run_times();
    measurement.bpf_ns_per_connection.push_back(add_run_times(before, after, settings, measurement.programs));
    session.settle();
  }
  session.finish();
}

double idle_cpu_percent(pid_t pid) {
  constexpr std::chrono::seconds kDuration(10);
  const double before = cpu_seconds(pid);
  pause(kDuration);
  return (cpu_seconds(pid) - before) * 100 / static_cast<double>(kDuration.count());
}

LoadResult load_once(const Tracer& tracer, const Workplace& place, const Settings& settings) {
  Session session(tracer, place);
  session.settle();
  const auto load = session.load(settings.round_connections);
  session.settle();
  session.finish();
  return load;
}

// Who comes first alternates, so that a machine that grows slower or faster favours neither.
Pair run_pair(const Tracer& tracer, const Workplace& place, const Settings& settings, bool untraced_first) {
  const Tracer untraced{.name = std::string(kUntraced), .kind = Kind::kUntraced};
  Pair pair;
  if (untraced_first) pair.untraced = load_once(untraced, place, settings);
  pair.traced = load_once(tracer, place, settings);
  if (!untraced_first) pair.untraced = load_once(untraced, place, settings);
  return pair;
}

void run_full(Measurement& measurement, const Workplace& place, const Settings& settings) {
  Session session(measurement.tracer, place);
  session.settle();
  FullRun full;
  const pid_t pid = *session.pid();
  const auto watch_memory = [&] {
    const auto now = memory_of(pid);
    full.memory.peak_rss_kib = now.peak_rss_kib;
    full.memory.anonymous_kib = std::max(full.memory.anonymous_kib, now.anonymous_kib);
  };
  full.idle_cpu_percent = idle_cpu_percent(pid);
  const double cpu_before = cpu_seconds(pid);
  session.load(settings.connections, 0, watch_memory);
  session.settle();
  watch_memory();
  full.cpu_seconds_per_100k =
      (cpu_seconds(pid) - cpu_before) * 100'000 / static_cast<double>(settings.connections);
  full.map_memory_kib = map_memory_kib(pid);
  const auto printed = session.finish();
  full.reported_lost = printed.reported_lost;
  full.missing_lines = session.missing_lines(printed);
  measurement.full = full;
}

// Calls step for a measurement that is still good, and keeps the tracer's failure with it.
template <typename Step>
void attempt(Measurement& measurement, Step step) {
  if (!measurement.unavailable.empty() || !measurement.failure.empty()) return;
  try {
    step();
  } catch (const TracerFailed& failed) {
    measurement.failure = failed.what();
    fmt::print(stderr, "  {}: {}\n", measurement.tracer.name, failed.what());
  }
}

void run_rounds(std::vector<Measurement>& all, const Workplace& place, const Settings& settings) {
  for (unsigned round = 0; round < settings.rounds; ++round) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      Measurement& measurement = all[(i + round) % all.size()];
      attempt(measurement, [&] {
        run_round(measurement, place, settings);
        fmt::print(stderr, "round {}/{}: {:<10} {:>6.0f} connections/s {:>6.1f} us of load CPU{}\n",
                   round + 1, settings.rounds, measurement.tracer.name,
                   measurement.connections_per_second.back(), measurement.load_cpu_us.back(),
                   measurement.bpf_ns_per_connection.empty()
                       ? ""
                       : fmt::format(" {:>7.0f} ns of BPF", measurement.bpf_ns_per_connection.back()));
      });
    }
  }
}

void run_pairs(std::vector<Measurement>& all, const Workplace& place, const Settings& settings) {
  for (auto& measurement : all) {
    if (measurement.tracer.name != kTcptrail) continue;
    for (unsigned i = 0; i < settings.pairs; ++i)
      attempt(measurement, [&] {
        const Pair pair = run_pair(measurement.tracer, place, settings, i % 2 == 0);
        measurement.pairs.push_back(pair);
        fmt::print(
            stderr, "pair {}/{}: untraced {:>6.0f} connections/s, p99 {:.1f} us; {} {:>6.0f}, {:.1f} us\n",
            i + 1, settings.pairs, pair.untraced.connections_per_second(), pair.untraced.connect_p99_us,
            measurement.tracer.name, pair.traced.connections_per_second(), pair.traced.connect_p99_us);
      });
  }
}

void run_full_runs(std::vector<Measurement>& all, const Workplace& place, const Settings& settings) {
  for (auto& measurement : all) {
    if (measurement.tracer.kind != Kind::kProcess) continue;
    attempt(measurement, [&] {
      fmt::print(stderr, "full run: {} connections, {}\n", settings.connections, measurement.tracer.name);
      run_full(measurement, place, settings);
    });
  }
}

void run_starts(std::vector<Measurement>& all, const Workplace& place, const Settings& settings) {
  fmt::print(stderr, "starts: {} of each\n", settings.rounds);
  const Process background =
      start_load(place, {.connections = 1'000'000, .rate = 500, .port = place.load_port});
  pause(200ms);
  for (unsigned round = 0; round < settings.rounds; ++round)
    for (auto& measurement : all)
      if (measurement.tracer.kind == Kind::kProcess)
        attempt(measurement,
                [&] { measurement.first_event_ms.push_back(first_event_ms(measurement.tracer)); });
}

}  // namespace

std::vector<double> traced_to_untraced(const std::vector<Pair>& pairs, Figure figure) {
  std::vector<double> ratios;
  ratios.reserve(pairs.size());
  for (const auto& pair : pairs) ratios.push_back(figure(pair.traced) / figure(pair.untraced));
  return ratios;
}

std::vector<Measurement> measure_all(const std::vector<Tracer>& tracers, const Workplace& place,
                                     const Settings& settings) {
  std::vector<Measurement> all;
  for (const auto& tracer : tracers) {
    all.push_back({.tracer = tracer, .unavailable = unavailable_reason(tracer)});
    if (!all.back().unavailable.empty())
      fmt::print(stderr, "SKIP {}: {}\n", tracer.name, all.back().unavailable);
  }
  run_pairs(all, place, settings);
  run_rounds(all, place, settings);
  run_full_runs(all, place, settings);
  run_starts(all, place, settings);
  return all;
}

}  // namespace tcptrail::bench
