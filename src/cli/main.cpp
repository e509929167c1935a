#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>

#include "cli/trace_command.h"
#include "cli/trace_options.h"

namespace {

using tcptrail::Error;
using tcptrail::ErrorCode;

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

int run(int argc, char** argv) {
  CLI::App app("Prints every TCP connection of this host, by process, with its outcome.", "tcptrail");
  app.set_version_flag("-V,--version", "tcptrail " TCPTRAIL_VERSION);
  app.require_subcommand(0, 1);
  app.footer("Without a command it traces. tcptrail(8) has the fields and examples.");

  // `trace` is the default command, so its options are understood with and without the word.
  tcptrail::cli::TraceArguments arguments;
  tcptrail::cli::declare_trace_options(app, arguments);
  tcptrail::cli::declare_trace_options(
      *app.add_subcommand("trace", "print TCP connections as they happen (default)"), arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForVersion& version) {
    return app.exit(version);
  } catch (const CLI::ParseError& error) {
    return report({ErrorCode::kUsage, std::string(error.what()) + " (see tcptrail --help)"});
  }
  const auto options = tcptrail::cli::check_trace_options(arguments);
  if (!options) return report(options.error());
  const auto done = tcptrail::cli::trace(*options);
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
