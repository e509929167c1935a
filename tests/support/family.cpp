#include "support/family.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <stdexcept>
#include <string>

#include "support/posix.h"
#include "support/tracer.h"

namespace tcptrail::test {

std::string_view name_of(Family family) {
  switch (family) {
    case Family::kFentry:
      return "fentry";
    case Family::kKprobe:
      return "kprobe";
    case Family::kTracepoint:
      return "tracepoint";
  }
  throw std::invalid_argument("no such family");
}

Family family_under_test() {
  const char* wanted = std::getenv("TCPTRAIL_HOOKS");
  if (wanted == nullptr) return Family::kTracepoint;
  const auto* found = std::find_if(std::begin(kFamilies), std::end(kFamilies),
                                   [&](Family family) { return name_of(family) == wanted; });
  if (found == std::end(kFamilies)) {
    throw std::runtime_error("TCPTRAIL_HOOKS names no family of hooks: " + std::string(wanted));
  }
  return *found;
}

bool sees_rejects() {
  const char* const unseen = std::getenv("TCPTRAIL_UNSEEN");
  return unseen == nullptr || std::string_view(unseen) != "reject";
}

std::string plan_under_test() {
  if (const char* const plan = std::getenv("TCPTRAIL_PLAN")) return read_whole(plan);
  return Tracer({.arguments = {"doctor", "--json"}}).wait_exit(Seconds(30)).output;
}

}  // namespace tcptrail::test
