#include "enrich/joined_cgroups.h"

#include <fstream>
#include <tuple>

#include "base/text.h"
#include "enrich/container.h"

namespace tcptrail::enrich {
namespace {

constexpr std::size_t kMostText = 16 * 1024;

struct Line {
  std::uint32_t hierarchy;
  std::string_view path;
};

// "4:memory:/docker/…" or "0::/…". The path may hold colons.
std::optional<Line> parse(std::string_view line) {
  const std::size_t first = line.find(':');
  const std::size_t second = line.find(':', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
  const auto hierarchy = parse_number<std::uint32_t>(line.substr(0, first));
  if (!hierarchy) return std::nullopt;
  return Line{*hierarchy, line.substr(second + 1)};
}

std::optional<JoinedCgroups::Place> place_of(const Line& line) {
  auto container = container_of(line.path);
  if (!container) return std::nullopt;
  return JoinedCgroups::Place{line.hierarchy, std::make_shared<const std::string>(line.path),
                              std::make_shared<const model::Container>(*std::move(container))};
}

}  // namespace

JoinedCgroups::JoinedCgroups(ProcReader reader, std::size_t most, std::size_t most_ended)
    : reader_(std::move(reader)), most_(most), most_ended_(most_ended) {}

std::optional<JoinedCgroups::Place> JoinedCgroups::place_in(std::string_view text) {
  std::optional<Place> best;
  for (const std::string_view text_line : split(text, '\n')) {
    const auto line = parse(text_line);
    if (!line || (best && line->hierarchy != 0)) continue;
    if (auto place = place_of(*line)) best = std::move(place);
  }
  return best;
}

void JoinedCgroups::seed() {
  for (const std::uint32_t pid : reader_.pids()) {
    const std::string text = reader_.file(pid, "cgroup", kMostText);
    if (text.empty()) continue;
    // A process has a line for each hierarchy, whatever it is in: if it is for v2 alone, there is nothing to
    // find.
    if (text.starts_with("0::") || seeded_.size() >= most_) return;
    const auto start = reader_.start_of(pid);
    auto place = place_in(text);
    if (start && place && place->hierarchy != 0)
      seeded_.insert_or_assign(pid, std::pair(*start, *std::move(place)));
  }
}

void JoinedCgroups::drop_first(Order& order) {
  places_.erase(order.front());
  order.pop_front();
}

void JoinedCgroups::put(Process process, Place place) {
  const auto [there, fresh] = places_.try_emplace(process);
  there->second.place = std::move(place);
  seeded_.erase(process.pid);  // nothing older is to come back
  if (!fresh) return;
  there->second.at = live_.insert(live_.end(), process);
  if (live_.size() > most_) drop_first(live_);
}

const JoinedCgroups::Place* JoinedCgroups::find(std::uint32_t pid, model::StartMark mark) const {
  if (places_.empty() && seeded_.empty()) return nullptr;
  if (const auto found = places_.find({pid, mark}); found != places_.end())
    return found->second.place.path ? &found->second.place : nullptr;
  const auto seeded = seeded_.find(pid);
  if (seeded == seeded_.end() || !may_be_of(seeded->second.first, mark)) return nullptr;
  return &seeded->second.second;
}

void JoinedCgroups::learn(const model::Exited& news) {
  const auto found = places_.find({news.process.pid, model::start_mark(news.process.start)});
  if (found == places_.end() || found->second.ended) return;
  found->second.ended = true;
  ended_.splice(ended_.end(), live_, found->second.at);
  if (ended_.size() > most_ended_) drop_first(ended_);
}

void JoinedCgroups::learn(const model::Forked& news) {
  const Place* const parents = find(news.process.parent_pid, news.process.parent_mark);
  if (parents != nullptr) put({news.process.pid, model::start_mark(news.process.start)}, *parents);
}

// Out of a container only by a move in the hierarchy that it is known by.
void JoinedCgroups::learn(const model::CgroupJoined& news) {
  if (auto place = place_of({news.hierarchy, news.path})) {
    put({news.pid, news.mark}, *std::move(place));
    return;
  }
  const Place* const before = find(news.pid, news.mark);
  if (before != nullptr && before->hierarchy == news.hierarchy) put({news.pid, news.mark}, Place{});
}

}  // namespace tcptrail::enrich
