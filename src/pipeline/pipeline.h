#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/result.h"
#include "model/event.h"
#include "sink/sink.h"
#include "source/event_source.h"

namespace tcptrail::pipeline {

struct Options {
  model::KindSet kinds;                         // those that the source was asked for
  std::function<void(model::Event&)> complete;  // adds what is known besides; may be empty
  std::function<bool(const model::Event&)>
      wanted;                                // the filters that the source does not apply; may be empty
  std::optional<std::uint64_t> most_events;  // stop after so many
  int stop_fd = -1;                          // readable: drain and stop
  int output_fd = -1;                        // an error on it (a pipe's reader has gone) stops too
  bool stats_event = false;                  // put the accounts on the stream at the end
  std::function<void()> on_ready;            // called once, when the source is complete; may be empty
  std::function<void(const model::Event&)> on_untold;  // floods and losses that the sink has no form for
};

// Moves events from the source to the sink until told to stop, the sink ends or enough were put; then
// drains the source. Everything runs on the calling thread. The accounts hold in every case but an error.
Result<model::Accounting> run(source::EventSource& source, sink::Sink& sink, const Options& options);

}  // namespace tcptrail::pipeline
