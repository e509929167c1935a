#pragma once

#include <functional>
#include <vector>

#include "sink/sink.h"

namespace tcptrail::test {

// Keeps what it takes; a flush makes it emitted. May be told to answer otherwise than kOpen.
class FakeSink : public sink::Sink {
 public:
  Result<sink::SinkState> put(const model::Event& event) override {
    ++puts;
    auto answer = on_put ? on_put(puts) : sink::SinkState::kOpen;
    if (answer && *answer == sink::SinkState::kOpen) taken.push_back(event);
    return answer;
  }

  Result<sink::SinkState> flush() override {
    ++flushes;
    auto answer = on_flush ? on_flush(flushes) : sink::SinkState::kOpen;
    if (answer && *answer == sink::SinkState::kOpen) {
      for (; written < taken.size(); ++written) {
        const auto [kind, count] = model::counted(taken[written]);
        if (static_cast<std::size_t>(kind) >= model::kCountedKinds) continue;
        (taken[written].kind == model::Kind::kFlood ? summed : counted)[kind] += count;
      }
    }
    return answer;
  }

  bool tells(model::Kind kind) const override {
    return (kind != model::Kind::kLost && kind != model::Kind::kFlood) || tells_summaries;
  }
  const model::KindCounts& emitted() const override { return counted; }
  const model::KindCounts& flooded() const override { return summed; }

  std::function<Result<sink::SinkState>(int)> on_put, on_flush;  // with the number of the call, from 1
  bool tells_summaries = true;
  std::vector<model::Event> taken;
  std::size_t written = 0;  // of those
  model::KindCounts counted, summed;
  int puts = 0;
  int flushes = 0;
};

}  // namespace tcptrail::test
