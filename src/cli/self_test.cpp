#include "cli/self_test.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>

#include "cli/self_test_traffic.h"
#include "source/live_source.h"

namespace tcptrail::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{15};  // much, for emulated machines
constexpr std::chrono::milliseconds kBetweenLooks{1};
constexpr std::size_t kBufferBytes = 1 << 20;

class Watch {
 public:
  explicit Watch(source::EventSource& source) : source_(source) {}

  // From now on these are awaited.
  void add(std::vector<AwaitedEvent> events) {
    for (AwaitedEvent& event : events) {
      reports_.push_back({event.kind, std::move(event.what), std::nullopt});
      awaited_.push_back({std::move(event.is), Clock::now()});
    }
  }

  // Takes what is there. An error is the source's.
  Result<void> look() {
    return source_.poll([this](const model::Event& event) { on_event(event); }).map([](bool) {});
  }

  bool complete() const {
    return std::all_of(reports_.begin(), reports_.end(),
                       [](const model::SelfTestReport& report) { return report.after.has_value(); });
  }

  std::vector<model::SelfTestReport> take_reports() { return std::move(reports_); }

 private:
  struct Since {
    EventTest is;
    Clock::time_point start;
  };

  void on_event(const model::Event& event) {
    for (std::size_t i = 0; i < awaited_.size(); ++i) {
      if (reports_[i].after || !awaited_[i].is(event)) continue;
      const auto took = Clock::now() - awaited_[i].start;
      reports_[i].after = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
    }
  }

  source::EventSource& source_;
  std::vector<model::SelfTestReport> reports_;
  std::vector<Since> awaited_;  // each at the place of its report
};

}  // namespace

Result<std::vector<model::SelfTestReport>> self_test(const kernel::Features& features,
                                                     std::optional<kernel::Backend> only) {
  auto traffic = SelfTestTraffic::prepare();
  if (!traffic) return tl::unexpected(traffic.error());
  kernel::BpfOptions options;
  options.kinds = model::KindSet::all();
  options.filter.netns = {traffic->netns()};
  options.buffer_bytes = kBufferBytes;
  auto source = source::LiveSource::start(options, features, only);
  if (!source) return tl::unexpected(source.error());

  Watch watch(**source);
  for (Step& step : traffic->steps()) {
    watch.add(std::move(step.brings));
    if (auto done = step.act().and_then([&] { return watch.look(); }); !done)
      return tl::unexpected(done.error());
  }
  const auto deadline = Clock::now() + kPatience;
  while (!watch.complete() && Clock::now() < deadline) {
    std::this_thread::sleep_for(kBetweenLooks);
    if (auto looked = watch.look(); !looked) return tl::unexpected(looked.error());
  }
  return watch.take_reports();
}

}  // namespace tcptrail::cli
