#pragma once

#include "base/result.h"
#include "cli/trace_options.h"

namespace tcptrail::cli {

// Prints TCP connections on stdout as they happen, until it is told to stop.
Result<void> trace(const TraceOptions& options);

}  // namespace tcptrail::cli
