// bench_peers: this tracer beside others that trace TCP by BPF: what each costs, and what each tells of known
// connections.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "machine.h"
#include "peer_group.h"
#include "peer_report.h"
#include "program.h"

namespace {

using namespace tcptrail::bench;
namespace fs = std::filesystem;

constexpr std::uint16_t kFirstPort = 20'000;

constexpr const char* kHelp =
    "Measure tools that trace TCP connections, one group after the other: BPF time per connection, the time to "
    "the\n"
    "first event, memory, losses; and compare what each prints of a list of known connections with what they "
    "were.\n"
    "Prints Markdown. Needs root. The traffic stays in network namespaces of its own. `./dev bench peers` runs "
    "it\n"
    "in a virtual machine, where kprobes work, which most of the tools need.\n"
    "\n"
    "Exit codes: 0 all goals reached, 1 a goal missed or the bench failed, 2 wrong command line.";

struct Options {
  PeerPlaces places;
  std::string traffic, output_directory;
  std::vector<std::string> tools;
  std::uint64_t connections = 2000;
  unsigned loads = 3;
};

void describe_options(CLI::App& app, Options& options) {
  options.places.tcptrail = (own_directory() / "tcptrail").string();
  options.places.line_buffering = "/usr/libexec/coreutils/libstdbuf.so";
  options.traffic = (own_directory() / "peers_traffic").string();
  app.add_option("--loads", options.loads, "how many")->check(CLI::Range(1, 20))->capture_default_str();
  app.add_option("--connections", options.connections, "of each load")
      ->check(CLI::Range(100, 8000))
      ->capture_default_str();
  app.add_option("--tools", options.tools,
                 "only those with one of these words in their names, comma-separated")
      ->delimiter(',');
  app.add_option("--line-buffering", options.places.line_buffering, "coreutils' libstdbuf.so")
      ->capture_default_str();
  app.add_option("--output-dir", options.output_directory,
                 "keep there what the tools print (default: nowhere)")
      ->check(CLI::ExistingDirectory);
  app.add_option("--bcc", options.places.bcc_root, "root folder of BCC's tools (default: they take no part)");
}

std::vector<std::vector<PeerTool>> chosen_tools(const Options& options) {
  auto groups = peer_tools(options.places);
  const auto is_chosen = [&](const PeerTool& tool) {
    return options.tools.empty() ||
           std::any_of(options.tools.begin(), options.tools.end(),
                       [&](const auto& word) { return tool.name.find(word) != std::string::npos; });
  };
  for (auto& group : groups) std::erase_if(group, [&](const PeerTool& tool) { return !is_chosen(tool); });
  std::erase_if(groups, [](const auto& group) { return group.empty(); });
  return groups;
}

int run(const Options& options) {
  require_root();
  catch_interrupts();
  provide_tracefs();
  const ScratchDirectory scratch(fs::temp_directory_path());
  const fs::path directory =
      options.output_directory.empty() ? scratch.path() : fs::path(options.output_directory);
  const PeerPlan plan{{own_directory() / "bench_load", kFirstPort, directory},
                      options.traffic,
                      options.loads,
                      options.connections};
  std::vector<PeerResult> results;
  for (const auto& group : chosen_tools(options))
    for (auto& result : run_group(group, plan)) results.push_back(std::move(result));
  const auto goals = judge_ours(results);
  fmt::print("{}", peer_report(results, plan, goals));
  const bool all_met = std::all_of(goals.begin(), goals.end(), [](const auto& goal) { return goal.met; });
  return all_met ? 0 : kExitFailed;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  return run_program(
      "bench_peers", kHelp, argc, argv, [&](CLI::App& app) { describe_options(app, options); },
      [&] { return run(options); });
}
