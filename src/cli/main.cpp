#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <variant>

#include "cli/command_line.h"
#include "cli/trace_command.h"

namespace {

using tcptrail::Error;
using tcptrail::ErrorCode;
using tcptrail::Result;

// The exit codes of the manual page.
int exit_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
      return 2;
    case ErrorCode::kDenied:
      return 3;
    case ErrorCode::kFailed:
      break;
  }
  return 1;
}

int report(const Error& error) {
  fmt::print(stderr, "tcptrail: {}\n", error.message);
  return exit_code(error.code);
}

Result<void> execute(const tcptrail::cli::TraceArguments& arguments) {
  return tcptrail::cli::check_trace_options(arguments).and_then(
      [](const tcptrail::cli::TraceOptions& options) { return tcptrail::cli::trace(options); });
}

Result<void> execute(const tcptrail::cli::DoctorOptions& options) { return tcptrail::cli::doctor(options); }

Result<void> execute(const tcptrail::cli::PrintText& print) {
  fmt::print("{}", print.text);
  return {};
}

int run(int argc, char** argv) {
  const auto command = tcptrail::cli::parse_command_line({argv + std::min(argc, 1), argv + argc});
  if (!command) return report(command.error());
  const Result<void> done = std::visit([](const auto& chosen) { return execute(chosen); }, *command);
  return done ? 0 : report(done.error());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& bug) {
    return report({ErrorCode::kFailed, std::string("this is a defect of tcptrail: ") + bug.what()});
  }
}
