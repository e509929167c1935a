#include "cli/trace_options.h"

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <string_view>

#include "base/text.h"
#include "cli/lookup.h"

namespace tcptrail::cli {
namespace {

using model::Kind;
using model::KindSet;
using model::PortRange;

constexpr KindSet kDefaultKinds = {Kind::kConnect, Kind::kFail,  Kind::kPending,
                                   Kind::kAccept,  Kind::kClose, Kind::kReject};
constexpr std::size_t kMiB = 1 << 20;
constexpr std::uint32_t kMostBufferMib = 1024;
constexpr std::uint32_t kMostBudget = 10'000'000;  // what no machine makes
constexpr std::uint32_t kMostFloodEntries = 1 << 20;
constexpr double kMostSeconds = 1e9;  // 31 years

tl::unexpected<Error> refuse(std::string_view option, std::string_view value, std::string_view expected) {
  return fail(ErrorCode::kUsage, fmt::format("{} '{}': expected {}", option, escape_text(value), expected));
}

// Each value of a repeated option may itself be a list. Stops at the first error.
Result<void> for_each_value(const std::vector<std::string>& values,
                            const std::function<Result<void>(std::string_view)>& take) {
  for (const std::string& value : values) {
    for (const std::string_view part : split(value, ',')) {
      if (auto done = take(part); !done) return done;
    }
  }
  return {};
}

// The same for options whose values are looked up one by one into a list.
template <typename T, typename Lookup>
Result<void> collect(const std::vector<std::string>& values, std::vector<T>& into, Lookup lookup) {
  for (const std::string& value : values) {
    auto found = lookup(value);
    if (!found) return tl::unexpected(found.error());
    into.push_back(*found);
  }
  return {};
}

Result<KindSet> check_events(const std::vector<std::string>& values) {
  if (values.empty()) return kDefaultKinds;
  KindSet kinds;
  auto done = for_each_value(values, [&](std::string_view name) -> Result<void> {
    const auto kind = model::kind_named(name);
    if (name == "all") {
      kinds = KindSet::all();
    } else if (kind) {
      kinds.add(*kind);
    } else {
      return refuse(
          "--events", name,
          "attempt, connect, fail, pending, accept, close, reject, listen, unlisten, snapshot, exec, exit or all");
    }
    return {};
  });
  if (!done) return tl::unexpected(done.error());
  return kinds;
}

Result<PortRange> check_port_range(std::string_view option, std::string_view text) {
  static constexpr std::string_view kExpected = "a port from 1 to 65535, or a range such as 8000-8999";
  const auto dash = text.find('-');
  const auto first = parse_number<std::uint16_t>(text.substr(0, dash));
  const auto last =
      dash == std::string_view::npos ? first : parse_number<std::uint16_t>(text.substr(dash + 1));
  if (!first || !last || *first == 0 || *last < *first) return refuse(option, text, kExpected);
  return PortRange{*first, *last};
}

Result<void> check_ports(std::string_view option, const std::vector<std::string>& values,
                         std::vector<PortRange>& into) {
  return for_each_value(values, [&](std::string_view text) -> Result<void> {
    auto range = check_port_range(option, text);
    if (!range) return tl::unexpected(range.error());
    into.push_back(*range);
    return {};
  });
}

Result<void> check_pids(const std::vector<std::string>& values, std::vector<std::uint32_t>& into) {
  return for_each_value(values, [&](std::string_view text) -> Result<void> {
    const auto pid = parse_number<std::uint32_t>(text);
    if (!pid || *pid == 0) return refuse("--pid", text, "a process id");
    into.push_back(*pid);
    return {};
  });
}

Result<void> check_nets(const std::vector<std::string>& values, std::vector<Cidr>& into) {
  return for_each_value(values, [&](std::string_view text) -> Result<void> {
    auto net = parse_cidr(text);
    if (!net) return fail(ErrorCode::kUsage, "--net " + net.error().message);
    into.push_back(*net);
    return {};
  });
}

// What nothing can match is a mistake.
Result<void> check_globs(std::string_view option, const std::vector<std::string>& globs,
                         std::size_t longest) {
  for (const std::string& glob : globs) {
    if (glob.empty()) return refuse(option, glob, "a pattern, with * and ?");
    if (glob.size() > longest && glob.find_first_of("*?[\\") == std::string::npos) {
      return refuse(option, glob,
                    fmt::format("at most {} characters, as the kernel keeps no more of a thread's name: {}",
                                longest, glob.substr(0, longest)));
    }
  }
  return {};
}

Result<model::Filter> check_filter(const TraceArguments& arguments) {
  constexpr std::size_t kMostComm = 15, kAny = SIZE_MAX;
  model::Filter filter;
  const auto split_uids = [&](const std::string& value) { return lookup_uid(value); };
  std::vector<std::string> users;
  for (const std::string& value : arguments.uids) {
    for (const std::string_view part : split(value, ',')) users.emplace_back(part);
  }
  auto done =
      check_pids(arguments.pids, filter.pids)
          .and_then([&] { return collect(users, filter.uids, split_uids); })
          .and_then([&] { return check_ports("--port", arguments.ports, filter.ports); })
          .and_then([&] { return check_ports("--lport", arguments.local_ports, filter.local_ports); })
          .and_then([&] { return check_ports("--rport", arguments.remote_ports, filter.remote_ports); })
          .and_then([&] { return check_nets(arguments.nets, filter.remote_nets); })
          .and_then([&] { return collect(arguments.cgroups, filter.cgroups, lookup_cgroup); })
          .and_then([&] { return collect(arguments.netns, filter.netns, lookup_netns); })
          .and_then([&] { return check_globs("--comm", arguments.comms, kMostComm); })
          .and_then([&] { return check_globs("--exe", arguments.exes, kAny); })
          .and_then([&] { return check_globs("--ancestor", arguments.ancestors, kAny); })
          .and_then([&] { return check_globs("--name", arguments.names, kAny); });
  if (!done) return tl::unexpected(done.error());
  filter.comms = arguments.comms;
  filter.exes = arguments.exes;
  filter.ancestors = arguments.ancestors;
  filter.containers = arguments.containers;
  filter.names = arguments.names;
  // Both together ask for either, which is what no filter does.
  if (arguments.v4 != arguments.v6)
    filter.family = arguments.v4 ? model::Family::kIpv4 : model::Family::kIpv6;
  return filter;
}

Result<ColorWhen> check_color(const std::string& when) {
  if (when == "auto") return ColorWhen::kAuto;
  if (when == "always") return ColorWhen::kAlways;
  if (when == "never") return ColorWhen::kNever;
  return refuse("--color", when, "auto, always or never");
}

Result<std::size_t> check_buffer(const std::string& text) {
  const auto mib = parse_number<std::uint32_t>(text);
  if (!mib || *mib == 0 || *mib > kMostBufferMib || (*mib & (*mib - 1)) != 0) {
    return refuse("--buffer", text, fmt::format("a power of two from 1 to {} (MiB)", kMostBufferMib));
  }
  return *mib * kMiB;
}

Result<std::uint32_t> check_integer(std::string_view option, const std::string& text, std::uint32_t least,
                                    std::uint32_t most) {
  const auto value = parse_number<std::uint32_t>(text);
  if (!value || *value < least || *value > most)
    return refuse(option, text, fmt::format("a number from {} to {}", least, most));
  return *value;
}

Result<void> check_flood(const TraceArguments& arguments, TraceOptions& options) {
  const auto take = [](std::uint32_t& into, Result<std::uint32_t> value) -> Result<void> {
    return std::move(value).map([&](std::uint32_t checked) { into = checked; });
  };
  return take(options.budget, check_integer("--flood-budget", arguments.budget, 0, kMostBudget))
      .and_then([&] {
        return take(options.flood_percent, check_integer("--flood-at", arguments.flood_percent, 0, 100));
      })
      .and_then([&] {
        return take(options.flood_entries,
                    check_integer("--flood-entries", arguments.flood_entries, 1, kMostFloodEntries));
      });
}

Result<std::optional<double>> check_duration(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  const auto seconds = parse_number<double>(*text);
  if (!seconds || !std::isfinite(*seconds) || *seconds <= 0 || *seconds > kMostSeconds) {
    return refuse("--duration", *text, "a number of seconds above 0");
  }
  return seconds;
}

Result<std::optional<std::uint64_t>> check_count(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  const auto count = parse_number<std::uint64_t>(*text);
  if (!count || *count == 0) return refuse("--count", *text, "a number of events above 0");
  return count;
}

// What --events and the style, which may mean certain events only, come to together.
Result<KindSet> settle_kinds(const TraceArguments& arguments, format::Style style) {
  auto kinds = check_events(arguments.events);
  if (!kinds) return kinds;
  if (arguments.failed) kinds = arguments.events.empty() ? KindSet{Kind::kFail} : kinds->only({Kind::kFail});
  if (style == format::Style::kClassic) {
    if (arguments.v6)
      return fail(ErrorCode::kUsage, "--output classic shows IPv4 only: it does not go with -6");
    if (!arguments.events.empty() || arguments.failed) {
      return fail(ErrorCode::kUsage,
                  "--output classic shows attempts only: it goes with neither --events nor --failed");
    }
    return KindSet{Kind::kAttempt};
  }
  if (*kinds == KindSet{})
    return fail(ErrorCode::kUsage, "--failed and --events together leave no event to show");
  return kinds;
}

bool shows_who(const TraceOptions& options) {
  return options.style == format::Style::kJson || options.style == format::Style::kCsv ||
         options.look.verbose || options.kinds.has(Kind::kExec);
}

bool filters_by_who(const model::Filter& filter) {
  return !filter.exes.empty() || !filter.ancestors.empty() || !filter.containers.empty();
}

}  // namespace

Result<std::optional<kernel::Backend>> check_hooks(const std::string& text) {
  if (text == "auto") return std::nullopt;
  const auto backend = kernel::backend_named(text);
  if (!backend) return refuse("--hooks", text, "auto, fentry, kprobe or tracepoint");
  return backend;
}

Result<TraceOptions> check_trace_options(const TraceArguments& arguments) {
  TraceOptions options;
  const auto style = format::style_named(arguments.output);
  if (!style) return refuse("--output", arguments.output, "table, classic, json or csv");
  options.style = *style;
  options.look.wide = arguments.wide;
  options.look.no_time = arguments.no_time;
  options.look.utc = arguments.utc;
  options.look.verbose = arguments.verbose;
  options.stats = arguments.stats;
  const auto set = [](auto& field) { return [&field](auto value) { field = std::move(value); }; };
  auto done = settle_kinds(arguments, *style)
                  .map(set(options.kinds))
                  .and_then([&] { return check_filter(arguments).map(set(options.filter)); })
                  .and_then([&] { return check_color(arguments.color).map(set(options.color)); })
                  .and_then([&] { return check_duration(arguments.duration).map(set(options.duration_s)); })
                  .and_then([&] { return check_count(arguments.count).map(set(options.most_events)); })
                  .and_then([&] { return check_hooks(arguments.hooks).map(set(options.hooks)); })
                  .and_then([&] { return check_buffer(arguments.buffer).map(set(options.buffer_bytes)); })
                  .and_then([&] { return check_flood(arguments, options); });
  if (!done) return tl::unexpected(done.error());
  if (*style == format::Style::kClassic) options.filter.family = model::Family::kIpv4;
  options.names = arguments.ask_names || !arguments.names.empty();
  options.identify = shows_who(options) || filters_by_who(options.filter);
  return options;
}

}  // namespace tcptrail::cli
