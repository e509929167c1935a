#include "peer_goals.h"

#include <fmt/core.h>

#include <algorithm>

namespace tcptrail::bench {
namespace {

bool tells_all(const KnownConnection& known, const std::vector<Sighting>& printed) {
  const Answers answers = compare(known, printed);
  return std::find(answers.begin(), answers.end(), Answer::kNo) == answers.end();
}

PeerGoal all_told(const PeerResult& ours) {
  std::string missing;
  for (const auto& known : ours.known)
    if (!tells_all(known, ours.printed)) missing += (missing.empty() ? "" : ", ") + known.name;
  const bool met = missing.empty() && !ours.known.empty();
  return {met, fmt::format("{}: all facts of all {} known connections{}", ours.name, ours.known.size(),
                           missing.empty() ? "" : "; not of: " + missing)};
}

PeerGoal nothing_lost(const PeerResult& ours) {
  const auto lost = ours.reported_lost;
  return {lost == std::uint64_t{0} && ours.missing_lines == 0,
          fmt::format("{}: nothing lost: {} reported, {} lines missing", ours.name,
                      lost ? std::to_string(*lost) : "none", ours.missing_lines)};
}

}  // namespace

std::vector<PeerGoal> judge_ours(const std::vector<PeerResult>& results) {
  std::vector<PeerGoal> goals;
  for (const auto& one : results) {
    if (!one.ours) continue;
    if (!one.failure.empty()) {
      goals.push_back({false, one.name + ": " + one.failure});
      continue;
    }
    goals.push_back(all_told(one));
    goals.push_back(nothing_lost(one));
  }
  return goals;
}

}  // namespace tcptrail::bench
