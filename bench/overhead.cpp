// bench_overhead: what tracing costs, this tracer beside its peers in one run.
#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "machine.h"
#include "measure.h"
#include "program.h"
#include "report.h"
#include "sweep.h"

namespace {

using namespace tcptrail::bench;
namespace fs = std::filesystem;

constexpr int kExitNotMeasured = 3;

constexpr const char* kHelp =
    "Measure what tracing TCP connections costs: untraced, under an empty BPF program, under `tcptrail -o "
    "json`,\n"
    "and under tcplife and tcpstates (Debian package libbpf-tools), alternating under one loopback load.\n"
    "\n"
    "Rounds give connections/s against the same round untraced (BPF run time counting off) and, from a "
    "second\n"
    "load with counting on, BPF ns per connection: the run times of the tracer's own programs. Pairs, untraced "
    "and\n"
    "under tcptrail, tell more exactly what that costs the load: connections/s and the p99 of connect(). One "
    "full\n"
    "run each gives lost events (as the tracer reports them, and by the lines that are missing from its "
    "output),\n"
    "CPU (also idle, in the ten seconds before it), peak RSS, anonymous memory and BPF map memory. Starts beside a light load give the time to the "
    "first\n"
    "event. With --plot, each tracer is also given loads of growing rates.\n"
    "\n"
    "Needs root. The load runs in a network namespace of its own; counting is switched on by a descriptor, "
    "so no\n"
    "sysctl is written; tracefs, where it is missing, is mounted for this run alone. Takes about three "
    "minutes,\n"
    "and with --plot one and a half more.\n"
    "\n"
    "Exit codes: 0 all goals reached, 1 a goal missed or a tracer or the bench failed, 2 wrong command line, 3 no goal "
    "missed,\n"
    "but some not measured.";

struct Options {
  Settings settings;
  std::vector<std::string> tracers;
  std::string tcptrail, markdown, plot, output_directory;
  unsigned sweep_seconds = 2;
};

// Below the ephemeral ports, and not another bench's: in a trace of all namespaces it marks this run's own
// lines.
std::uint16_t own_load_port() { return static_cast<std::uint16_t>(20'000 + ::getpid() % 10'000); }

void describe_options(CLI::App& app, Options& options) {
  app.add_option("--connections", options.settings.connections, "of the full run")
      ->check(CLI::Range(1000, 1'000'000))
      ->capture_default_str();
  app.add_option("--round-connections", options.settings.round_connections, "of each load in a round")
      ->check(CLI::Range(1000, 200'000))
      ->capture_default_str();
  app.add_option("--rounds", options.settings.rounds, "how many")
      ->check(CLI::Range(1, 50))
      ->capture_default_str();
  app.add_option("--pairs", options.settings.pairs, "of loads, untraced and under tcptrail")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  std::vector<std::string> names;
  for (const auto& tracer : known_tracers("", 0)) names.push_back(tracer.name);
  app.add_option("--tracers", options.tracers, "only these, comma-separated (default: all)")
      ->delimiter(',')
      ->check(CLI::IsMember(names));
  app.add_option("--markdown", options.markdown, "write the table to this file as well");
  app.add_option(
      "--plot", options.plot,
      "draw losses and CPU time against connections/s from 1,000/s to as many as are possible, as SVG");
  app.add_option("--sweep-seconds", options.sweep_seconds, "of each point of the plot")
      ->check(CLI::Range(1, 20))
      ->capture_default_str();
  app.add_option("--tcptrail", options.tcptrail, "the program to measure (default: beside this one)");
  app.add_option("--output-dir", options.output_directory,
                 "where tracers write (default: the temporary directory)")
      ->check(CLI::ExistingDirectory);
}

std::vector<Tracer> chosen_tracers(const Options& options, std::uint16_t load_port) {
  auto tracers = known_tracers(
      options.tcptrail.empty() ? (own_directory() / "tcptrail").string() : options.tcptrail, load_port);
  std::erase_if(tracers, [&](const Tracer& tracer) {
    return !options.tracers.empty() &&
           std::find(options.tracers.begin(), options.tracers.end(), tracer.name) == options.tracers.end();
  });
  return tracers;
}

// What to type to repeat it; free of this machine's paths.
std::string repeatable_command(const Options& options) {
  auto command =
      fmt::format("./dev bench overhead --rounds {} --round-connections {} --pairs {} --connections {}",
                  options.settings.rounds, options.settings.round_connections, options.settings.pairs,
                  options.settings.connections);
  for (std::size_t i = 0; i < options.tracers.size(); ++i)
    command += (i == 0 ? " --tracers " : ",") + options.tracers[i];
  return command;
}

void write(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

int run(const Options& options) {
  require_root();
  catch_interrupts();
  if (counting_is_always_on())
    fmt::print(stderr, "note: kernel.bpf_stats_enabled is on, so connections/s carry its cost\n");
  provide_tracefs();
  const ScratchDirectory scratch(options.output_directory.empty() ? fs::temp_directory_path()
                                                                  : fs::path(options.output_directory));
  const Workplace place{own_directory() / "bench_load", own_load_port(), scratch.path()};
  const auto tracers = chosen_tracers(options, place.load_port);
  const auto measurements = measure_all(tracers, place, options.settings);
  const auto goals = judge(measurements);
  fmt::print("{}\n\n{}", describe_machine(), text_report(measurements, goals));
  if (!options.markdown.empty())
    write(options.markdown,
          markdown_report(measurements, goals, options.settings, repeatable_command(options)));
  if (!options.plot.empty()) write(options.plot, sweep_svg(sweep(tracers, place, options.sweep_seconds)));
  const auto any = [&](Verdict verdict) {
    return std::any_of(goals.begin(), goals.end(),
                       [&](const JudgedGoal& goal) { return goal.verdict == verdict; });
  };
  const bool broken = std::any_of(measurements.begin(), measurements.end(),
                                  [](const Measurement& one) { return !one.failure.empty(); });
  if (broken || any(Verdict::kFail)) return kExitFailed;
  return any(Verdict::kNotMeasured) ? kExitNotMeasured : 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  return run_program(
      "bench_overhead", kHelp, argc, argv, [&](CLI::App& app) { describe_options(app, options); },
      [&] { return run(options); });
}
