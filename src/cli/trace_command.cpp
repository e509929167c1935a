#include "cli/trace_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <utility>

#include "base/text.h"
#include "cli/event_filter.h"
#include "cli/notify.h"
#include "cli/stop_signal.h"
#include "enrich/enricher.h"
#include "format/stats_table.h"
#include "pipeline/pipeline.h"
#include "sink/file_sink.h"
#include "source/live_source.h"

namespace tcptrail::cli {
namespace {

using model::Event;
using model::Kind;

void say(const std::string& text) { fmt::print(stderr, "tcptrail: {}\n", text); }

bool use_color(ColorWhen when) {
  if (when != ColorWhen::kAuto) return when == ColorWhen::kAlways;
  const char* const no_color = std::getenv("NO_COLOR");  // https://no-color.org: set and not empty
  return ::isatty(STDOUT_FILENO) != 0 && (no_color == nullptr || *no_color == '\0');
}

// Of events that the output has no form for.
void say_untold(const Event& event) {
  if (const auto* const flood = std::get_if<model::Flood>(&event.body)) {
    const std::string who = event.conn.owner ? fmt::format(" by {} ({})", event.conn.owner->pid,
                                                           escape_text(event.conn.owner->comm.view()))
                                             : "";
    say(fmt::format("flood: {} {}{} were counted, not listed", flood->count, name_of(flood->kind), who));
    return;
  }
  const auto& lost = std::get<model::Lost>(event.body).count;
  std::string text = "lost";
  const char* separator = " ";
  for (std::size_t i = 0; i < model::kCountedKinds; ++i) {
    const auto kind = static_cast<Kind>(i);
    if (lost[kind] == 0) continue;
    text += fmt::format("{}{} {}", separator, lost[kind], name_of(kind));
    separator = ", ";
  }
  say(text);
}

// Why events may lack who did it.
void say_shortfall(const enrich::Enricher::Shortfall& shortfall) {
  const auto say_if_any = [](std::uint64_t count, std::string_view what) {
    if (count != 0) say(fmt::format("who did it: {} {}", count, what));
  };
  say_if_any(shortfall.lost_news, "records of processes, cgroups and names were lost");
  say_if_any(shortfall.forgotten_processes, "live processes were forgotten: there are too many");
  say_if_any(shortfall.forgotten_names, "names were forgotten: there are too many");
}

Result<std::unique_ptr<source::LiveSource>> start_source(const TraceOptions& options) {
  std::vector<std::string> notices;
  const kernel::Features features = kernel::probe_features(notices);
  for (const std::string& notice : notices) say(notice);
  if (auto usable = kernel::check_features(features); !usable) return tl::unexpected(usable.error());
  kernel::BpfOptions bpf;
  bpf.kinds = options.kinds;
  bpf.attempt_after_syn = options.style == format::Style::kClassic;
  bpf.filter = options.filter;
  bpf.buffer_bytes = options.buffer_bytes;
  bpf.budget = options.budget;
  bpf.flood_percent = options.flood_percent;
  bpf.flood_entries = options.flood_entries;
  bpf.identify = options.identify;
  bpf.names = options.names;
  return source::LiveSource::start(bpf, features, options.hooks);
}

}  // namespace

Result<void> trace(const TraceOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  auto source = start_source(options);
  if (!source) return tl::unexpected(source.error());
  auto stop = StopSignal::make(options.duration_s);
  if (!stop) return tl::unexpected(stop.error());

  format::Options look = options.look;
  look.color = use_color(options.color);
  sink::FileSink sink(STDOUT_FILENO, stop->fd(), format::make_formatter(options.style, look));

  pipeline::Options run;
  std::optional<enrich::Enricher> enricher;
  if (options.identify || options.names) {
    enricher.emplace();
    (*source)->set_on_news([&enricher](const model::News& news) { enricher->learn(news); });
    if (options.identify) {
      enricher->seed();
    } else {
      enricher->without_identity();
    }
    run.complete = [&enricher](Event& event) { enricher->complete(event); };
  }
  run.kinds = options.kinds;
  run.wanted = event_filter(options.filter);
  run.most_events = options.most_events;
  run.stop_fd = stop->fd();
  run.output_fd = STDOUT_FILENO;
  run.stats_event = options.stats && sink.tells(Kind::kStats);
  run.on_ready = notify_ready;
  run.on_untold = say_untold;
  auto accounts = pipeline::run(**source, sink, run);
  if (!accounts) return tl::unexpected(accounts.error());
  if (options.stats && enricher) say_shortfall(enricher->shortfall());
  if (options.stats && !run.stats_event) fmt::print(stderr, "{}", format::stats_table(*accounts));
  return {};
}

}  // namespace tcptrail::cli
