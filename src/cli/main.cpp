#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>

#include "cli/doctor_command.h"
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

int finish(const tcptrail::Result<void>& done) { return done ? 0 : report(done.error()); }

// `trace` is the default command, so its options are understood before another one's name too, where only
// --hooks means anything.
int run_doctor(const CLI::App& app, const std::string& hooks, tcptrail::cli::DoctorOptions options) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->count() == 0 || option->check_lname("hooks")) continue;
    return report({ErrorCode::kUsage, option->get_name() + " is an option of trace, not of doctor"});
  }
  const auto only = tcptrail::cli::check_hooks(hooks);
  if (!only) return report(only.error());
  options.hooks = *only;
  return finish(tcptrail::cli::doctor(options));
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
  tcptrail::cli::DoctorOptions doctor_options;
  CLI::App& doctor = *app.add_subcommand(
      "doctor", "say what this kernel can do: which hook serves each event, and why not another");
  tcptrail::cli::declare_doctor_options(doctor, doctor_options, arguments.hooks);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForVersion& version) {
    return app.exit(version);
  } catch (const CLI::ParseError& error) {
    return report({ErrorCode::kUsage, std::string(error.what()) + " (see tcptrail --help)"});
  }
  if (doctor.parsed()) return run_doctor(app, arguments.hooks, doctor_options);
  const auto options = tcptrail::cli::check_trace_options(arguments);
  if (!options) return report(options.error());
  return finish(tcptrail::cli::trace(*options));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& bug) {
    return report({ErrorCode::kFailed, std::string("this is a defect of tcptrail: ") + bug.what()});
  }
}
