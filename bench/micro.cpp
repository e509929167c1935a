// bench_micro: how many events a second one core decodes, completes with who did it, and formats, without a
// kernel.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>

#include "base/unique_fd.h"
#include "check.h"
#include "enrich/enricher.h"
#include "format/formatter.h"
#include "kernel/decoder.h"
#include "machine.h"
#include "sample_records.h"
#include "sink/file_sink.h"

namespace {

using namespace tcptrail;
using bench::bytes_of;
using format::Style;

constexpr int kExitFailed = 1, kExitUsage = 2;

constexpr const char* kGoal = "decode_to_null/json";
constexpr double kGoalEvents = 1e6;  // a second
constexpr int kRepetitions = 5;

const std::vector<tt_event>& records() {
  static const std::vector<tt_event> kRecords = bench::sample_records();
  return kRecords;
}

model::Event decoded(const tt_event& record, const WallClock& clock) {
  auto event = kernel::decode(bytes_of(record), clock);
  if (!event) throw std::runtime_error(event.error().message);
  return *event;
}

// To be called at the end: each iteration went over all records.
void count_events(benchmark::State& state) {
  const auto events = static_cast<double>(state.iterations()) * static_cast<double>(records().size());
  state.counters["events"] = benchmark::Counter(events, benchmark::Counter::kIsRate);
}

void decode(benchmark::State& state) {
  const WallClock clock;
  while (state.KeepRunning())
    for (const tt_event& record : records())
      benchmark::DoNotOptimize(kernel::decode(bytes_of(record), clock));
  count_events(state);
}

enrich::Enricher informed() {
  enrich::Enricher enricher;
  for (const model::News& news : bench::sample_news()) enricher.learn(news);
  return enricher;
}

void decode_and_identify(benchmark::State& state) {
  const WallClock clock;
  enrich::Enricher enricher = informed();
  while (state.KeepRunning()) {
    for (const tt_event& record : records()) {
      auto event = kernel::decode(bytes_of(record), clock);
      enricher.complete(*event);
      benchmark::DoNotOptimize(event);
    }
  }
  count_events(state);
}

void format_to_string(benchmark::State& state, Style style) {
  const WallClock clock;
  std::vector<model::Event> events;
  enrich::Enricher enricher = informed();
  for (const tt_event& record : records()) enricher.complete(events.emplace_back(decoded(record, clock)));
  const auto formatter = format::make_formatter(style, {});
  std::string out;
  while (state.KeepRunning()) {
    out.clear();
    for (const model::Event& event : events) formatter->append(out, event);
    benchmark::DoNotOptimize(out.data());
  }
  count_events(state);
}

void decode_to_null(benchmark::State& state, Style style) {
  const WallClock clock;
  const UniqueFd null(bench::check(::open("/dev/null", O_WRONLY | O_CLOEXEC), "/dev/null"));
  sink::FileSink sink(null.get(), -1, format::make_formatter(style, {}));
  enrich::Enricher enricher = informed();
  while (state.KeepRunning()) {
    for (const tt_event& record : records()) {
      auto event = kernel::decode(bytes_of(record), clock);
      enricher.complete(*event);
      benchmark::DoNotOptimize(sink.put(*event));
    }
  }
  count_events(state);
}

// What disturbs a run only ever slows it down, so of the repetitions the best counts.
class BestOf : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override {
    fmt::print("{}\n\n{:<24} {:>10} {:>12}\n", bench::describe_machine(), "", "ns/event", "events/s");
    return true;
  }

  void ReportRuns(const std::vector<Run>& runs) override {
    double best = 0;
    for (const Run& run : runs) {
      if (run.run_type == Run::RT_Iteration && !run.error_occurred)
        best = std::max<double>(best, run.counters.at("events"));
    }
    if (best == 0) return;  // the means of the runs before
    const std::string name = runs.front().run_name.function_name;
    fmt::print("{:<24} {:>10.0f} {:>12.0f}\n", name, 1e9 / best, best);
    best_[name] = best;
  }

  // Whether the goal was reached, or was not measured.
  bool judge() const {
    const auto found = best_.find(kGoal);
    if (found == best_.end()) return true;
    const bool met = found->second >= kGoalEvents;
    fmt::print("\n{}: {} at least {:.0f} events/s on one core: {:.0f}, the best of {} runs\n",
               met ? "PASS" : "FAIL", kGoal, kGoalEvents, found->second, kRepetitions);
    return met;
  }

 private:
  std::map<std::string, double> best_;
};

void repeat(benchmark::internal::Benchmark* one) { one->Repetitions(kRepetitions)->MinTime(0.2); }

BENCHMARK(decode)->Apply(repeat);
BENCHMARK(decode_and_identify)->Apply(repeat);
BENCHMARK_CAPTURE(format_to_string, json, Style::kJson)->Apply(repeat);
BENCHMARK_CAPTURE(format_to_string, csv, Style::kCsv)->Apply(repeat);
BENCHMARK_CAPTURE(format_to_string, table, Style::kTable)->Apply(repeat);
BENCHMARK_CAPTURE(format_to_string, classic, Style::kClassic)->Apply(repeat);
BENCHMARK_CAPTURE(decode_to_null, json, Style::kJson)->Apply(repeat);

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return kExitUsage;
  BestOf report;
  benchmark::RunSpecifiedBenchmarks(&report);
  return report.judge() ? 0 : kExitFailed;
}
