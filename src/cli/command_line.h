#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "cli/doctor_command.h"
#include "cli/trace_options.h"

namespace tcptrail::cli {

// To be printed on stdout, and no more: --help, --version.
struct PrintText {
  std::string text;
};

// What a command line asks for. The values of trace's options are not checked yet: check_trace_options().
using Command = std::variant<TraceArguments, DoctorOptions, PrintText>;

// `words`: the command line without the program's name. All errors are of usage.
Result<Command> parse_command_line(std::vector<std::string> words);

}  // namespace tcptrail::cli
