#include "model/kind.h"

#include <algorithm>
#include <functional>

namespace tcptrail::model {
namespace {

constexpr std::array<std::string_view, 16> kNames = {
    "attempt",  "connect",  "fail", "pending", "accept",  "close", "reject", "listen",
    "unlisten", "snapshot", "exec", "exit",    "unknown", "flood", "lost",   "stats"};

}  // namespace

std::string_view name_of(Kind kind) { return kNames.at(static_cast<std::size_t>(kind)); }

std::optional<Kind> kind_named(std::string_view name) {
  const auto* const end = kNames.begin() + kTracedKinds;
  const auto* const found = std::find(kNames.begin(), end, name);
  if (found == end) return std::nullopt;
  return static_cast<Kind>(found - kNames.begin());
}

std::vector<std::string_view> names_of(KindSet kinds) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kTracedKinds; ++i) {
    const auto kind = static_cast<Kind>(i);
    if (kinds.has(kind)) names.push_back(name_of(kind));
  }
  return names;
}

KindCounts& KindCounts::operator+=(const KindCounts& other) {
  std::transform(counts_.begin(), counts_.end(), other.counts_.begin(), counts_.begin(), std::plus<>());
  return *this;
}

KindCounts& KindCounts::operator-=(const KindCounts& other) {
  std::transform(counts_.begin(), counts_.end(), other.counts_.begin(), counts_.begin(), std::minus<>());
  return *this;
}

bool KindCounts::any() const {
  return std::any_of(counts_.begin(), counts_.end(), [](std::uint64_t count) { return count != 0; });
}

std::vector<Kind> shown_kinds(const Accounting& accounting) {
  std::vector<Kind> kinds;
  for (std::size_t i = 0; i < kTracedKinds; ++i) {
    const auto kind = static_cast<Kind>(i);
    if (accounting.kinds.has(kind)) kinds.push_back(kind);
  }
  if (accounting.seen[Kind::kUnknown] != 0) kinds.push_back(Kind::kUnknown);
  return kinds;
}

}  // namespace tcptrail::model
