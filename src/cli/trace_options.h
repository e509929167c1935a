#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "format/formatter.h"
#include "kernel/hook_catalog.h"
#include "model/filter.h"
#include "model/kind.h"

namespace tcptrail::cli {

enum class ColorWhen { kAuto, kAlways, kNever };

// What `tcptrail trace` is to do, every value checked.
struct TraceOptions {
  format::Style style = format::Style::kTable;
  format::Options look;
  ColorWhen color = ColorWhen::kAuto;
  model::KindSet kinds;
  model::Filter filter;
  std::optional<double> duration_s;
  std::optional<std::uint64_t> most_events;
  std::optional<kernel::Backend> hooks;
  std::size_t buffer_bytes = 0;
  // See kernel::BpfOptions.
  std::uint32_t budget = 0;
  std::uint32_t flood_percent = 0;
  std::uint32_t flood_entries = 0;
  bool identify = false;  // something wants to know who did it
  bool names = false;     // and the names of the peers
  bool stats = false;
};

// The options as they stand on the command line.
struct TraceArguments {
  std::string output = "table";
  std::string color = "auto";
  std::string hooks = "auto";
  std::vector<std::string> events, pids, uids, comms, exes, ancestors, containers, names, ports, remote_ports,
      local_ports, nets, cgroups, netns;
  std::optional<std::string> duration, count;
  std::string buffer = "8", budget = "2000", flood_percent = "12", flood_entries = "65536";
  bool v4 = false, v6 = false, failed = false, wide = false, no_time = false, utc = false, stats = false;
  bool verbose = false, ask_names = false;
};

// --hooks, which other commands have too.
Result<std::optional<kernel::Backend>> check_hooks(const std::string& text);

// Checks the values. An error names the option and the value.
Result<TraceOptions> check_trace_options(const TraceArguments& arguments);

}  // namespace tcptrail::cli
