// The measurements, in the order that keeps them comparable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "session.h"

namespace tcptrail::bench {

struct Settings {
  std::uint64_t connections = 200'000;       // of the full run
  std::uint64_t round_connections = 20'000;  // of each round
  unsigned rounds = 5;
  unsigned pairs = 9;
};

// The same load twice, one right after the other, run time counting off.
struct Pair {
  LoadResult untraced, traced;
};

// A figure of one load, and how it changed by tracing in each pair: a ratio within a pair leaves out what the
// machine did meanwhile.
using Figure = double (*)(const LoadResult&);
std::vector<double> traced_to_untraced(const std::vector<Pair>& pairs, Figure figure);

// Of a tracer that is a process: at full load, run time counting off.
struct FullRun {
  double idle_cpu_percent = 0;  // before the load
  double cpu_seconds_per_100k = 0;
  Memory memory;
  std::uint64_t map_memory_kib = 0;
  std::optional<std::uint64_t> reported_lost;
  std::int64_t missing_lines = 0;  // negative: printed more than it should
};

// The mean of all rounds, run time counting on.
struct ProgramShare {
  std::string program;
  double runs_per_connection = 0;
  double ns_per_connection = 0;
};

struct Measurement {
  Tracer tracer = {};
  std::string unavailable = {};  // why it cannot run here
  std::string failure = {};      // what it did wrong; the rest was not measured
  // One value a round.
  std::vector<double> connections_per_second = {};  // run time counting off
  std::vector<double> connect_p99_us = {};          // of a connect() call in the same load
  std::vector<double> load_cpu_us = {};             // of one connection, both ends, from it too
  std::vector<double> bpf_ns_per_connection = {};   // run time counting on
  std::vector<ProgramShare> programs = {};
  std::vector<double> first_event_ms = {};
  std::vector<Pair> pairs = {};  // of tcptrail only
  std::optional<FullRun> full = {};
};

// The pairs; rounds over all tracers, each round beginning with another one; the full runs; the starts.
std::vector<Measurement> measure_all(const std::vector<Tracer>& tracers, const Workplace& place,
                                     const Settings& settings);

}  // namespace tcptrail::bench
