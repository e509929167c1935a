#pragma once

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "pipeline/pipeline.h"
#include "unit/pipeline/fake_sink.h"
#include "unit/pipeline/fake_source.h"
#include "unit/support/result.h"

namespace tcptrail::test {

inline model::Event event_of(model::Kind kind) {
  model::Event event;
  event.kind = kind;
  return event;
}

inline std::vector<model::Event> events_of(std::initializer_list<model::Kind> kinds) {
  std::vector<model::Event> events;
  for (const model::Kind kind : kinds) events.push_back(event_of(kind));
  return events;
}

class PipelineTest : public testing::Test {
 protected:
  PipelineTest() {
    options_.kinds = model::KindSet::all();
    options_.stop_fd = stop_.get();
  }

  void stop() const { ::eventfd_write(stop_.get(), 1); }
  // At the source's n-th look.
  void stop_at_poll(int number) {
    source_.on_poll = [this, number](int poll) {
      if (poll == number) stop();
    };
  }

  Result<model::Accounting> run() { return pipeline::run(source_, sink_, options_); }

  // Runs to a good end and checks that seen = emitted + filtered + flooded + lost.
  model::Accounting run_and_check() {
    const auto accounts = run();
    EXPECT_TRUE(succeeded(accounts));
    if (!accounts) return {};
    for (std::size_t i = 0; i < model::kCountedKinds; ++i) {
      const auto kind = static_cast<model::Kind>(i);
      EXPECT_EQ(accounts->seen[kind], accounts->emitted[kind] + accounts->filtered[kind] +
                                          accounts->flooded[kind] + accounts->lost[kind])
          << "of " << name_of(kind);
    }
    return *accounts;
  }

  // "1 connect", "2 lost", … as the sink has taken them.
  std::vector<std::string> taken() const {
    std::vector<std::string> all;
    for (const model::Event& event : sink_.taken) {
      all.push_back(std::to_string(event.seq) + " " + std::string(name_of(event.kind)));
    }
    return all;
  }

  FakeSource source_;
  FakeSink sink_;
  pipeline::Options options_;
  UniqueFd stop_{::eventfd(0, EFD_CLOEXEC)};
};

}  // namespace tcptrail::test
