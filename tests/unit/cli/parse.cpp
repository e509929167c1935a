#include "unit/cli/parse.h"

#include <variant>

#include "cli/command_line.h"

namespace tcptrail::test {

Result<cli::TraceOptions> parse(std::vector<std::string> arguments) {
  const auto command = cli::parse_command_line(std::move(arguments));
  if (!command) return tl::unexpected(command.error());
  return cli::check_trace_options(std::get<cli::TraceArguments>(*command));
}

}  // namespace tcptrail::test
