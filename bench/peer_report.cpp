#include "peer_report.h"

#include <fmt/core.h>

#include <algorithm>

#include "machine.h"
#include "statistics.h"

namespace tcptrail::bench {
namespace {

using Row = std::vector<std::string>;

std::string line_of(const Row& row) {
  std::string line;
  for (const auto& cell : row) line += "| " + cell + " ";
  return line + "|\n";
}

// The first column holds names, the others figures or letters.
std::string table(const std::vector<Row>& rows, const char* alignment) {
  std::string text = line_of(rows.front()) + "|---|";
  for (std::size_t i = 1; i < rows.front().size(); ++i) text += alignment;
  text += '\n';
  for (std::size_t i = 1; i < rows.size(); ++i) text += line_of(rows[i]);
  return text + '\n';
}

std::vector<PeerResult> measured(const std::vector<PeerResult>& results) {
  std::vector<PeerResult> good;
  std::copy_if(results.begin(), results.end(), std::back_inserter(good),
               [](const PeerResult& one) { return one.failure.empty(); });
  return good;
}

std::string costs(const std::vector<PeerResult>& tools) {
  std::vector<Row> rows{
      {"tool", "BPF ns/conn", "of the first's", "first event s", "peak RSS MiB", "lost", "lines missing"}};
  const double first_ns = median(tools.front().bpf_ns_per_connection);
  for (const auto& tool : tools) {
    const double ns = median(tool.bpf_ns_per_connection);
    rows.push_back({tool.name, fmt::format("{:.0f}", ns), fmt::format("{:.2f}", ns / first_ns),
                    fmt::format("{:.1f}", tool.first_event_seconds),
                    fmt::format("{:.1f}", static_cast<double>(tool.memory.peak_rss_kib) / 1024),
                    tool.reported_lost ? std::to_string(*tool.reported_lost) : "not told",
                    std::to_string(tool.missing_lines)});
  }
  return table(rows, "---:|");
}

// "told/asked" of one fact over all connections.
std::string count(const PeerResult& tool, std::size_t fact) {
  unsigned told = 0, asked = 0;
  for (const auto& known : tool.known) {
    const auto answer = compare(known, tool.printed)[fact];
    asked += answer != Answer::kNotAsked ? 1 : 0;
    told += answer == Answer::kYes ? 1 : 0;
  }
  return fmt::format("{}/{}", told, asked);
}

std::string sums(const std::vector<PeerResult>& tools) {
  std::vector<Row> rows{{"tool"}};
  for (const auto& fact : kFacts) rows[0].emplace_back(fact.title);
  for (const auto& tool : tools) {
    rows.push_back({tool.name});
    for (std::size_t i = 0; i < kFacts.size(); ++i) rows.back().push_back(count(tool, i));
  }
  return table(rows, "---:|");
}

// The letters of what was told, a dot for what was not.
std::string letters(const KnownConnection& known, const std::vector<Sighting>& printed) {
  const auto answers = compare(known, printed);
  std::string text;
  for (std::size_t i = 0; i < kFacts.size(); ++i)
    if (answers.at(i) != Answer::kNotAsked) text += answers.at(i) == Answer::kYes ? kFacts.at(i).letter : '.';
  return "`" + text + "`";
}

// The connections are the same ones, in the same order, for each tool.
std::string details(const std::vector<PeerResult>& tools) {
  std::vector<Row> rows{{"connection"}};
  for (const auto& tool : tools) rows[0].push_back(tool.name);
  for (std::size_t i = 0; i < tools.front().known.size(); ++i) {
    rows.push_back({tools.front().known[i].name});
    for (const auto& tool : tools) rows.back().push_back(letters(tool.known.at(i), tool.printed));
  }
  return table(rows, "---|");
}

std::string legend() {
  std::string text;
  for (const auto& fact : kFacts)
    text += fmt::format("{}`{}` {}: {}", text.empty() ? "" : "; ", fact.letter, fact.title, fact.meaning);
  return text + ".\n\n";
}

}  // namespace

std::string peer_report(const std::vector<PeerResult>& results, const PeerPlan& plan,
                        const std::vector<PeerGoal>& goals) {
  std::string text = fmt::format(
      "On {}. BPF time: the kernel's count, median of {} loads of {} connections. Lost: events, by the tool's "
      "own account; lines missing: of those about the clients' ends of the loads.\n\n",
      describe_machine(), plan.loads, plan.connections);
  const auto tools = measured(results);
  if (!tools.empty())
    text += costs(tools) + "How much of the known connections was told:\n\n" + sums(tools) +
            "Of each connection, a dot for what was not told. " + legend() + details(tools);
  for (const auto& goal : goals) text += fmt::format("- {}: {}\n", goal.met ? "PASS" : "FAIL", goal.text);
  for (const auto& one : results)
    if (!one.ours && !one.failure.empty()) text += fmt::format("- SKIP: {}: {}\n", one.name, one.failure);
  return text;
}

}  // namespace tcptrail::bench
