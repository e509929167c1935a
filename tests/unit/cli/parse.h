#pragma once

#include <string>
#include <vector>

#include "cli/trace_options.h"

namespace tcptrail::test {

// The options as the program would take them from its command line.
Result<cli::TraceOptions> parse(std::vector<std::string> arguments);

}  // namespace tcptrail::test
