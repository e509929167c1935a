#include "measure.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "check.h"

namespace tcptrail::bench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

double rate(const LoadResult& load) { return static_cast<double>(load.connections) / load.seconds; }

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
  measurement.connections_per_second.push_back(rate(load));
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

void run_full(Measurement& measurement, const Workplace& place, const Settings& settings) {
  Session session(measurement.tracer, place);
  session.settle();
  FullRun full;
  const auto pid = session.pid();
  const auto watch_memory = [&] {
    if (!pid) return;
    const auto now = memory_of(*pid);
    full.memory.peak_rss_kib = now.peak_rss_kib;
    full.memory.anonymous_kib = std::max(full.memory.anonymous_kib, now.anonymous_kib);
  };
  if (pid) full.idle_cpu_percent = idle_cpu_percent(*pid);
  const double cpu_before = pid ? cpu_seconds(*pid) : 0;
  const auto load = session.load(settings.connections, watch_memory);
  session.settle();
  watch_memory();
  full.connections_per_second = rate(load);
  full.connect_p99_us = load.connect_p99_us;
  if (pid) {
    const auto connections = static_cast<double>(settings.connections);
    full.cpu_seconds_per_100k = (cpu_seconds(*pid) - cpu_before) * 100'000 / connections;
    full.map_memory_kib = map_memory_kib(*pid);
    const auto printed = session.finish();
    full.reported_lost = printed.reported_lost;
    full.missing_lines =
        static_cast<std::int64_t>(session.owed_lines()) - static_cast<std::int64_t>(printed.load_lines);
  }
  measurement.full = full;
}

struct Terminal {
  UniqueFd ours, theirs;
};

Terminal open_terminal() {
  Terminal terminal{UniqueFd(check(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), "opening a terminal")),
                    UniqueFd()};
  check(::grantpt(terminal.ours.get()), "grantpt");
  check(::unlockpt(terminal.ours.get()), "unlockpt");
  std::array<char, 64> name{};
  ::ptsname_r(terminal.ours.get(), name.data(), name.size());
  terminal.theirs = UniqueFd(check(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC), "opening a terminal"));
  return terminal;
}

// The output is a terminal, as for someone who watches: into a file, the peers would first fill stdio's
// buffer.
double first_event_ms(const Tracer& tracer) {
  Terminal terminal = open_terminal();
  const UniqueFd null(check(::open("/dev/null", O_WRONLY | O_CLOEXEC), "/dev/null"));
  const auto start = Clock::now();
  Process process(
      {.arguments = tracer.command, .standard_output = terminal.theirs.get(), .standard_error = null.get()});
  terminal.theirs = UniqueFd();
  std::string text;
  std::array<char, 4096> piece{};
  while (Clock::now() - start < 15s) {
    pollfd ready{.fd = terminal.ours.get(), .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, 100) == 0) {
      pause(0ms);
      continue;
    }
    const auto got = ::read(terminal.ours.get(), piece.data(), piece.size());
    if (got <= 0) break;
    text.append(piece.data(), static_cast<std::size_t>(got));
    const auto complete = text.rfind('\n');
    if (complete == std::string::npos) continue;
    if (is_about_load(std::string_view(text).substr(0, complete), tracer)) {
      const Milliseconds elapsed = Clock::now() - start;
      terminal.ours = UniqueFd();  // nobody reads on: the tracer must not wait for us while it ends
      return elapsed.count();
    }
  }
  throw TracerFailed("it printed no event of the background load");
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

void run_starts(std::vector<Measurement>& all, const Workplace& place, const Settings& settings) {
  const Process background =
      start_load(place, {.connections = 1'000'000, .interval = 2ms, .port = place.load_port});
  pause(200ms);
  for (unsigned round = 0; round < settings.rounds; ++round)
    for (auto& measurement : all)
      if (measurement.tracer.kind == Kind::kProcess)
        attempt(measurement,
                [&] { measurement.first_event_ms.push_back(first_event_ms(measurement.tracer)); });
}

}  // namespace

std::vector<Measurement> measure_all(const std::vector<Tracer>& tracers, const Workplace& place,
                                     const Settings& settings) {
  std::vector<Measurement> all;
  for (const auto& tracer : tracers) {
    all.push_back({.tracer = tracer, .unavailable = unavailable_reason(tracer)});
    if (!all.back().unavailable.empty())
      fmt::print(stderr, "SKIP {}: {}\n", tracer.name, all.back().unavailable);
  }
  run_rounds(all, place, settings);
  for (auto& measurement : all) {
    attempt(measurement, [&] {
      fmt::print(stderr, "full run: {} connections, {}\n", settings.connections, measurement.tracer.name);
      run_full(measurement, place, settings);
    });
  }
  fmt::print(stderr, "starts: {} of each\n", settings.rounds);
  run_starts(all, place, settings);
  return all;
}

}  // namespace tcptrail::bench
