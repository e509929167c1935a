#pragma once
// Options of the tracer that choose events, and what they mean, in the soak's own words.

#include <functional>
#include <string>
#include <vector>

#include "happening.h"
#include "traffic.h"

namespace tcptrail::test::soak {

struct FilterSet {
  std::vector<std::string> arguments;
  std::function<bool(const Happening&)> passes;

  std::string text() const;
};

std::vector<FilterSet> filter_sets(Ports ports);

}  // namespace tcptrail::test::soak
