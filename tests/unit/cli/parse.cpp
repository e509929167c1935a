#include "unit/cli/parse.h"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace tcptrail::test {

Result<cli::TraceOptions> parse(std::vector<std::string> arguments) {
  CLI::App app;
  cli::TraceArguments raw;
  cli::declare_trace_options(app, raw);
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return fail(ErrorCode::kUsage, error.what());
  }
  return cli::check_trace_options(raw);
}

}  // namespace tcptrail::test
