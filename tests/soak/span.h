#pragma once
// A tracer of its own with one set of filters, under the traffic for a while; and the account of it.

#include <cstdint>
#include <string>
#include <vector>

#include "filter_set.h"
#include "support/posix.h"
#include "traffic.h"

namespace tcptrail::test::soak {

struct Account {
  std::string summary;  // one line
  std::int64_t connections = 0;
  std::vector<std::string> differences;
  std::vector<std::string> explained;
};

struct SpanPlan {
  const FilterSet& filters;
  Ports ports;
  bool ipv6;
  Seconds length;  // a round that has begun is played to its end
};

// Throws what kept it from being played to its end.
Account play_span(const SpanPlan& plan);

}  // namespace tcptrail::test::soak
