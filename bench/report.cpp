#include "report.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "machine.h"
#include "statistics.h"

namespace tcptrail::bench {
namespace {

// A column, and its cell for a measurement; the untraced one, if there is one, is what rates relate to.
struct Column {
  const char* title;
  std::string (*cell)(const Measurement& one, const Measurement* untraced);
};
using Row = std::vector<std::string>;

constexpr const char* kNone = "–";

const Measurement* find(const std::vector<Measurement>& all, std::string_view name) {
  const auto it = std::find_if(all.begin(), all.end(), [&](const auto& m) { return m.tracer.name == name; });
  return it == all.end() ? nullptr : &*it;
}

std::string mib(std::uint64_t kib) { return fmt::format("{:.1f}", static_cast<double>(kib) / 1024); }

std::string number_or_dash(const std::vector<double>& values, fmt::format_string<double> format) {
  return values.empty() ? kNone : fmt::format(format, median(values));
}

// The median of each pair's own ratio, and of each round's where there are no pairs: what slows a whole round
// down slows both sides of it.
std::string relative_rate(const Measurement& measurement, const Measurement* untraced) {
  const auto& rates = measurement.connections_per_second;
  if (!measurement.pairs.empty())
    return fmt::format("{:.3f}", median(traced_to_untraced(measurement.pairs, [](const auto& load) {
                         return load.connections_per_second();
                       })));
  if (untraced == nullptr || rates.empty()) return kNone;
  if (&measurement == untraced) return fmt::format("1 ({:.0f}/s)", median(rates));
  std::vector<double> ratios;
  for (std::size_t i = 0; i < std::min(rates.size(), untraced->connections_per_second.size()); ++i)
    ratios.push_back(rates[i] / untraced->connections_per_second[i]);
  return fmt::format("{:.3f}", median(ratios));
}

// Of the full run of a tracer that is a process; the others have no such figures.
template <typename Use>
std::string full_cell(const Measurement& one, Use use) {
  return one.full && one.tracer.kind == Kind::kProcess ? use(*one.full) : kNone;
}

const std::array kColumns{
    Column{"tracer", [](const auto& one, auto*) { return one.tracer.name; }},
    Column{"BPF ns/conn",
           [](const auto& one, auto*) { return number_or_dash(one.bpf_ns_per_connection, "{:.0f}"); }},
    Column{"conn/s vs untraced", relative_rate},
    Column{"connect() p99 us",
           [](const auto& one, auto*) { return number_or_dash(one.connect_p99_us, "{:.1f}"); }},
    Column{"load CPU us/conn",
           [](const auto& one, auto*) { return number_or_dash(one.load_cpu_us, "{:.1f}"); }},
    Column{"lost",
           [](const auto& one, auto*) {
             return full_cell(one, [](const FullRun& full) {
               return full.reported_lost ? std::to_string(*full.reported_lost) : "not told";
             });
           }},
    Column{"lines missing",
           [](const auto& one, auto*) {
             return full_cell(one, [](const FullRun& full) { return std::to_string(full.missing_lines); });
           }},
    Column{"CPU s/100k",
           [](const auto& one, auto*) {
             return full_cell(
                 one, [](const FullRun& full) { return fmt::format("{:.2f}", full.cpu_seconds_per_100k); });
           }},
    Column{"idle CPU %",
           [](const auto& one, auto*) {
             return full_cell(
                 one, [](const FullRun& full) { return fmt::format("{:.3f}", full.idle_cpu_percent); });
           }},
    Column{"peak RSS MiB",
           [](const auto& one, auto*) {
             return full_cell(one, [](const FullRun& full) { return mib(full.memory.peak_rss_kib); });
           }},
    Column{"RssAnon MiB",
           [](const auto& one, auto*) {
             return full_cell(one, [](const FullRun& full) { return mib(full.memory.anonymous_kib); });
           }},
    Column{"BPF maps MiB",
           [](const auto& one, auto*) {
             return full_cell(one, [](const FullRun& full) { return mib(full.map_memory_kib); });
           }},
    Column{"first event ms",
           [](const auto& one, auto*) { return number_or_dash(one.first_event_ms, "{:.0f}"); }},
};

// The titles, then a row for each measurement.
std::vector<Row> rows_of(const std::vector<Measurement>& measurements) {
  std::vector<Row> rows(1 + measurements.size());
  const Measurement* untraced = find(measurements, kUntraced);
  for (const auto& column : kColumns) {
    rows[0].emplace_back(column.title);
    for (std::size_t i = 0; i < measurements.size(); ++i)
      rows[i + 1].push_back(column.cell(measurements[i], untraced));
  }
  return rows;
}

// In characters as seen, not in bytes: a dash is three bytes.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & '\xC0') != '\x80'; }));
}

// Where the BPF time of a tracer with more than one program goes, the dearest first.
std::string describe_programs(const Measurement& one) {
  auto programs = one.programs;
  std::erase_if(programs, [](const auto& program) { return program.runs_per_connection == 0; });
  if (programs.size() < 2) return {};
  std::sort(programs.begin(), programs.end(),
            [](const auto& a, const auto& b) { return a.ns_per_connection > b.ns_per_connection; });
  auto text = one.tracer.name + ", BPF ns/conn by program:";
  for (const auto& program : programs)
    text += fmt::format("{} {} {:.0f} ({:.1f} runs)", &program == &programs.front() ? "" : ",",
                        program.program, program.ns_per_connection, program.runs_per_connection);
  return text + "\n\n";
}

// What kept tracers from being measured.
std::vector<std::string> obstacles(const std::vector<Measurement>& measurements) {
  std::vector<std::string> lines;
  for (const auto& one : measurements) {
    if (!one.unavailable.empty())
      lines.push_back(fmt::format("SKIP: {}: {}", one.tracer.name, one.unavailable));
    if (!one.failure.empty()) lines.push_back(fmt::format("FAIL: {}: {}", one.tracer.name, one.failure));
  }
  return lines;
}

}  // namespace

std::string text_report(const std::vector<Measurement>& measurements, const std::vector<JudgedGoal>& goals) {
  const auto rows = rows_of(measurements);
  std::array<std::size_t, kColumns.size()> widths{};
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - width(row[i]), ' ');
      text += i == 0 ? row[i] + padding : "  " + padding + row[i];
    }
    text += '\n';
  }
  text += '\n';
  for (const auto& one : measurements) text += describe_programs(one);
  for (const auto& obstacle : obstacles(measurements)) text += obstacle + '\n';
  for (const auto& goal : goals) text += describe(goal) + '\n';
  return text;
}

std::string markdown_report(const std::vector<Measurement>& measurements,
                            const std::vector<JudgedGoal>& goals, const Settings& settings,
                            const std::string& command) {
  std::string text = fmt::format("Made by `{}` on {}.\n\n", command, describe_machine());
  const auto rows = rows_of(measurements);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const auto& cell : rows[i]) text += "| " + cell + " ";
    text += "|\n";
    if (i > 0) continue;
    text += "|---|";
    for (std::size_t column = 1; column < rows[i].size(); ++column) text += "---:|";
    text += '\n';
  }
  text += fmt::format(
      "\nBPF time, connections/s and p99 of connect(): medians of {} rounds of {} connections, each tracer in each "
      "round, the order moving on by one; connections/s against the same round untraced, with run time counting "
      "off, but for tcptrail's, which is the median of {} pairs (untraced and traced, in alternating order); BPF "
      "time from a second load with it on. Lost, missing lines, CPU and memory: one run of {} connections; idle "
      "CPU: the ten seconds before it. First event: from exec to the first line about a connection on a terminal, median of {}.\n\n",
      settings.rounds, settings.round_connections, settings.pairs, settings.connections, settings.rounds);
  for (const auto& one : measurements) text += describe_programs(one);
  for (const auto& obstacle : obstacles(measurements)) text += "- " + obstacle + '\n';
  for (const auto& goal : goals) text += "- " + describe(goal) + '\n';
  return text;
}

}  // namespace tcptrail::bench
