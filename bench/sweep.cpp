#include "sweep.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "machine.h"
#include "plot.h"

namespace tcptrail::bench {
namespace {

constexpr std::uint64_t kUnpaced = 0;
constexpr std::array<std::uint64_t, 6> kRates{1000, 2000, 5000, 10'000, 20'000, kUnpaced};
constexpr std::uint64_t kUnpacedGuess = 20'000;  // connections/s, for a load of about the right length

std::string describe_rate(std::uint64_t rate) {
  return rate == kUnpaced ? "unpaced" : fmt::format("{}/s", rate);
}

// A session for each point: a peer's lines wait in its buffer until it ends.
SweepPoint measure_point(const Tracer& tracer, const Workplace& place, std::uint64_t rate, unsigned seconds) {
  Session session(tracer, place);
  session.settle();
  const RunTimeCounting counting;
  const double bpf_before = session.programs().nanoseconds(), cpu_before = cpu_seconds(*session.pid());
  const auto load = session.load((rate == kUnpaced ? kUnpacedGuess : rate) * seconds, rate);
  session.settle();
  const double busy =
      cpu_seconds(*session.pid()) - cpu_before + (session.programs().nanoseconds() - bpf_before) / 1e9;
  const auto printed = session.finish();
  const auto missing = session.missing_lines(printed);
  const auto share = static_cast<double>(missing) / static_cast<double>(session.owed_lines());
  const SweepPoint point{load.connections_per_second(), std::max(0.0, share * 100),
                         busy / load.seconds * 100};
  fmt::print(
      stderr,
      "sweep: {:>7}: {:<10} {:>6.0f} connections/s, {:>5.1f} % of a core, {} lines missing, {} reported lost\n",
      describe_rate(rate), tracer.name, point.connections_per_second, point.cpu_percent, missing,
      printed.reported_lost.value_or(0));
  return point;
}

// Nothing if the tracer failed, which is told.
std::optional<SweepPoint> try_point(const Tracer& tracer, const Workplace& place, std::uint64_t rate,
                                    unsigned seconds) {
  try {
    return measure_point(tracer, place, rate, seconds);
  } catch (const TracerFailed& failed) {
    fmt::print(stderr, "sweep: {:>7}: {}: {}\n", describe_rate(rate), tracer.name, failed.what());
    return std::nullopt;
  }
}

// A tracer that cannot hold a rate may make fewer connections at the next one.
void put_in_order(SweepLine& line) {
  std::sort(line.points.begin(), line.points.end(),
            [](const auto& a, const auto& b) { return a.connections_per_second < b.connections_per_second; });
}

Panel panel_of(const char* title, const std::vector<SweepLine>& lines, double SweepPoint::*value) {
  Panel panel{title, {}};
  for (const auto& line : lines) {
    panel.curves.push_back({line.tracer, {}});
    for (const auto& point : line.points)
      panel.curves.back().points.push_back({point.connections_per_second, point.*value});
  }
  return panel;
}

}  // namespace

std::vector<SweepLine> sweep(const std::vector<Tracer>& tracers, const Workplace& place, unsigned seconds) {
  std::vector<Tracer> taking_part;
  std::vector<SweepLine> lines;
  for (const auto& tracer : tracers) {
    if (tracer.kind != Kind::kProcess || !unavailable_reason(tracer).empty()) continue;
    taking_part.push_back(tracer);
    lines.push_back({tracer.name, {}});
  }
  // All tracers at one rate, then at the next: they share what the machine does meanwhile.
  for (const auto rate : kRates)
    for (std::size_t i = 0; i < taking_part.size(); ++i)
      if (const auto point = try_point(taking_part[i], place, rate, seconds))
        lines[i].points.push_back(*point);
  for (auto& line : lines) put_in_order(line);
  return lines;
}

std::string sweep_svg(const std::vector<SweepLine>& lines) {
  return svg("Losses and CPU time by connections per second, on " + describe_machine(),
             "connections/s, as made",
             {panel_of("Events missing from the output, %", lines, &SweepPoint::missing_percent),
              panel_of("CPU of tracer and BPF programs, % of a core", lines, &SweepPoint::cpu_percent)});
}

}  // namespace tcptrail::bench
