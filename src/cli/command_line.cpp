#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

// The only file of src/ that includes CLI11's header, which takes a compiler seconds.

namespace tcptrail::cli {
namespace {

void declare_hooks_option(CLI::App& command, std::string& hooks) {
  command.add_option("--hooks", hooks, "auto (default), fentry, kprobe or tracepoint")->type_name("KIND");
}

void declare_trace_options(CLI::App& command, TraceArguments& arguments) {
  const auto many = [&](const char* names, std::vector<std::string>& into, const char* help,
                        const char* type) {
    // One value a time: `-p 1 -p 2`, not `-p 1 2`.
    command.add_option(names, into, help)
        ->type_name(type)
        ->expected(1)
        ->take_all()
        ->allow_extra_args(false)
        ->group("Filters");
  };
  command.add_option("-o,--output", arguments.output, "table (default), classic, json or csv")
      ->type_name("FMT");
  command
      .add_option("-e,--events", arguments.events,
                  "of attempt,connect,fail,pending,accept,close,reject,listen,unlisten,snapshot,exec,\n"
                  "exit; or all\n"
                  "default: connect,fail,pending,accept,close,reject")
      ->type_name("LIST")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  many("-p,--pid", arguments.pids, "process id", "N");
  many("-u,--uid", arguments.uids, "effective user, by name or number", "USER");
  many("--comm", arguments.comms, "thread name, with * and ?", "GLOB");
  many("--exe", arguments.exes, "program: its path, or its name alone, with * and ?", "GLOB");
  many("--ancestor", arguments.ancestors, "name or program of a process that led to this one", "GLOB");
  many("--container", arguments.containers,
       "container: beginning of its id, or name (systemd-nspawn, LXC, libvirt); '' for any", "ID|NAME");
  many("--name", arguments.names, "name of the peer, with * and ? (implies --names)", "GLOB");
  many("-P,--port", arguments.ports, "port of either end: 443 | 80,443 | 8000-8999", "LIST");
  many("--rport", arguments.remote_ports, "remote port", "LIST");
  many("--lport", arguments.local_ports, "local port", "LIST");
  many("-n,--net", arguments.nets, "remote address in this network, IPv4 or IPv6", "CIDR");
  command.add_flag("-4", arguments.v4, "IPv4 only (also when an IPv6 socket speaks it)")->group("Filters");
  command.add_flag("-6", arguments.v6, "IPv6 only")->group("Filters");
  many("--cgroup", arguments.cgroups, "processes in this cgroup (v2) and below", "PATH");
  many("--netns", arguments.netns, "network namespace: a path, an inode number, or self", "NS");
  command.add_flag("-x,--failed", arguments.failed, "only attempts that failed")->group("Filters");
  command.add_option("-d,--duration", arguments.duration, "stop after this many seconds")->type_name("SEC");
  command.add_option("-c,--count", arguments.count, "stop after this many events")->type_name("N");
  command.add_flag("-w,--wide", arguments.wide, "table: columns that IPv6 fits");
  command.add_flag("-v,--verbose", arguments.verbose, "table: program, arguments, parent and container too");
  command.add_flag("--names", arguments.ask_names,
                   "tell the peers' names, from the DNS answers that this host receives meanwhile");
  command.add_flag("-T,--no-time", arguments.no_time, "table: without the time");
  command.add_flag("--utc", arguments.utc, "table: times in UTC (json and csv always are)");
  command.add_option("--color", arguments.color, "auto (default), always or never")->type_name("WHEN");
  declare_hooks_option(command, arguments.hooks);
  command.add_option("--buffer", arguments.buffer, "ring buffer, a power of two (default 8)")
      ->type_name("MIB");
  const auto flood = [&](const char* name, std::string& into, const char* help, const char* type) {
    command.add_option(name, into, help)->type_name(type)->group("Floods");
  };
  flood("--flood-budget", arguments.budget,
        "events a second that each process may have listed, whatever it and others do (default 2000)", "N");
  flood("--flood-at", arguments.flood_percent,
        "share of the buffer unread at which processes above their budget are summed up (default 12)",
        "PERCENT");
  flood("--flood-entries", arguments.flood_entries,
        "sums kept apart at a time: by process, address, port and kind (default 65536)", "N");
  command.add_flag("--stats", arguments.stats, "at the end, say what became of every event");
}

void declare_doctor_options(CLI::App& command, DoctorOptions& options, std::string& hooks) {
  declare_hooks_option(command, hooks);
  command.add_flag("--json", options.json, "one JSON object instead of a table");
  command.add_flag("--self-test", options.self_test,
                   "make loopback connections in a network namespace of its own, and see that each event\n"
                   "arrives");
}

// `trace` is the default command, so its options are understood before another one's name too, where only
// --hooks means anything.
Result<DoctorOptions> finish_doctor(const CLI::App& app, const std::string& hooks, DoctorOptions options) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->count() == 0 || option->check_lname("hooks")) continue;
    return fail(ErrorCode::kUsage, option->get_name() + " is an option of trace, not of doctor");
  }
  auto only = check_hooks(hooks);
  if (!only) return tl::unexpected(only.error());
  options.hooks = *only;
  return options;
}

}  // namespace

Result<Command> parse_command_line(std::vector<std::string> words) {
  CLI::App app("Prints every TCP connection of this host, by process, with its outcome.", "tcptrail");
  app.set_version_flag("-V,--version", "tcptrail " TCPTRAIL_VERSION);
  app.require_subcommand(0, 1);
  app.footer("Without a command it traces. tcptrail(8) has the fields and examples.");

  // `trace` is the default command, so its options are understood with and without the word.
  TraceArguments arguments;
  declare_trace_options(app, arguments);
  declare_trace_options(*app.add_subcommand("trace", "print TCP connections as they happen (default)"),
                        arguments);
  DoctorOptions doctor_options;
  CLI::App& doctor = *app.add_subcommand(
      "doctor", "say what this kernel can do: which hook serves each event, and why not another");
  declare_doctor_options(doctor, doctor_options, arguments.hooks);

  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      std::ostringstream text;
      app.exit(error, text, text);
      return PrintText{text.str()};
    }
    return fail(ErrorCode::kUsage, std::string(error.what()) + " (see tcptrail --help)");
  }
  if (!doctor.parsed()) return arguments;
  return finish_doctor(app, arguments.hooks, doctor_options);
}

}  // namespace tcptrail::cli
