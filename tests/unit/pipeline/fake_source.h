#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "source/event_source.h"

namespace tcptrail::test {

// Hands over what a test has prepared, one batch a poll, and counts as a real source does.
class FakeSource : public source::EventSource {
 public:
  struct Batch {
    std::vector<model::Event> events;
    bool more = false;
  };

  Result<bool> poll(const OnEvent& on_event) override {
    ++polls;
    if (on_poll) on_poll(polls);
    if (poll_error) return tl::unexpected(*poll_error);
    auto& batches = stopped ? after_stop : before_stop;
    if (batches.empty()) return false;
    const Batch batch = batches.front();
    batches.pop_front();
    for (const model::Event& event : batch.events) {
      const auto [kind, count] = model::counted(event);
      handed_over[kind] += count;
      if (event.kind == model::Kind::kFlood) flooded[kind] += count;
      on_event(event);
    }
    return batch.more;
  }

  bool is_complete() const override { return polls >= complete_at_poll; }

  std::vector<int> wake_fds() const override {
    return wake < 0 ? std::vector<int>{} : std::vector<int>{wake};
  }
  void about_to_wait(WakeAt wake_at) override { waits.push_back(wake_at); }
  void stop() override { stopped = true; }

  Result<source::SourceCounts> counts() override {
    ++counts_read;
    if (counts_error) return tl::unexpected(*counts_error);
    source::SourceCounts all;
    all.filtered = filtered;
    all.flooded = flooded;
    all.flooded += flooded_in_vain;
    all.lost = lost;
    all.seen = handed_over;
    all.seen += filtered;
    all.seen += lost;
    all.seen += flooded_in_vain;
    return all;
  }

  std::deque<Batch> before_stop, after_stop;
  std::function<void(int)> on_poll;  // with the number of the poll, from 1
  std::optional<Error> poll_error, counts_error;
  model::KindCounts filtered, lost, handed_over;
  model::KindCounts flooded;          // of handed_over
  model::KindCounts flooded_in_vain;  // never handed over
  int wake = -1;
  int polls = 0;
  int complete_at_poll = 0;
  int counts_read = 0;
  std::vector<WakeAt> waits;
  bool stopped = false;
};

}  // namespace tcptrail::test
