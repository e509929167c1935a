#include "output.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>

namespace tcptrail::bench {
namespace {

// The sum over all kinds of the "lost" object of a stats line.
std::optional<std::uint64_t> lost_in_stats(const std::string& line) {
  rapidjson::Document stats;
  stats.Parse(line.c_str(), line.size());
  if (stats.HasParseError() || !stats.IsObject()) return std::nullopt;
  const auto event = stats.FindMember("event");
  if (event == stats.MemberEnd() || event->value != "stats") return std::nullopt;
  const auto lost = stats.FindMember("lost");
  if (lost == stats.MemberEnd() || !lost->value.IsObject()) return std::nullopt;
  std::uint64_t sum = 0;
  for (const auto& kind : lost->value.GetObject())
    if (kind.value.IsUint64()) sum += kind.value.GetUint64();
  return sum;
}

// For each gap libbpf-tools write "lost 123 events on CPU #0", with a small or a capital letter, and BCC's
// tools "Possibly lost 123 samples".
std::uint64_t lost_in_messages(const std::filesystem::path& standard_error) {
  std::ifstream file(standard_error);
  std::uint64_t sum = 0;
  for (std::string line; std::getline(file, line);) {
    unsigned long long count = 0;
    if (const auto at = line.find("ost "); at != std::string::npos)
      if (std::sscanf(line.c_str() + at, "ost %llu", &count) == 1) sum += count;
  }
  return sum;
}

}  // namespace

bool is_about_load(std::string_view line, const Tracer& tracer) {
  return std::any_of(tracer.line_marks.begin(), tracer.line_marks.end(),
                     [&](const auto& mark) { return line.find(mark) != std::string_view::npos; });
}

std::optional<std::uint64_t> reported_lost(LossReport report, const std::string& last_line,
                                           const std::filesystem::path& standard_error) {
  return report == LossReport::kStatsObject ? lost_in_stats(last_line) : lost_in_messages(standard_error);
}

Printed read_output(const Tracer& tracer, const std::filesystem::path& standard_output,
                    const std::filesystem::path& standard_error) {
  Printed printed;
  std::ifstream file(standard_output);
  std::string last;
  for (std::string line; std::getline(file, line); last.swap(line))
    if (is_about_load(line, tracer)) ++printed.load_lines;
  printed.reported_lost = reported_lost(tracer.loss_report, last, standard_error);
  return printed;
}

}  // namespace tcptrail::bench
