#include "pipeline/pipeline.h"

#include <fmt/format.h>
#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/clock.h"
#include "base/unique_fd.h"

namespace tcptrail::pipeline {
namespace {

using model::Accounting;
using model::KindCounts;
using sink::SinkState;

// While there are events: how long one may wait before somebody looks.
constexpr int kPollMs = 50;
// While there are none, the source wakes us at the first, and somebody only makes sure.
constexpr int kQuietPollMs = 200;

// To look for a loss costs more than a look that finds no event, so that is done less often.
constexpr std::chrono::seconds kLossPeriod(1);

enum class Wake { kSource, kStop, kOutputGone };

Result<UniqueFd> make_waiter(const source::EventSource& source, const Options& options) {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  const auto add = [&](int fd, std::uint32_t events, Wake wake) {
    epoll_event event{};
    event.events = events;
    event.data.u32 = static_cast<std::uint32_t>(wake);
    // A regular file cannot be waited for, and need not be.
    return fd < 0 || ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) == 0 || errno == EPERM;
  };
  // Edge-triggered: a level would be up whenever anything is unread, and keep us spinning under load.
  bool ready = static_cast<bool>(epoll);
  for (const int fd : source.wake_fds()) ready = ready && add(fd, EPOLLIN | EPOLLET, Wake::kSource);
  if (!ready || !add(options.stop_fd, EPOLLIN, Wake::kStop) ||
      !add(options.output_fd, 0, Wake::kOutputGone)) {
    return fail(ErrorCode::kFailed, fmt::format("cannot wait for events: {}", std::strerror(errno)));
  }
  return epoll;
}

class Run {
 public:
  Run(source::EventSource& source, sink::Sink& sink, const Options& options)
      : source_(source), sink_(sink), options_(options) {}

  Result<Accounting> go() {
    auto waiter = make_waiter(source_, options_);
    if (!waiter) return tl::unexpected(waiter.error());
    flush();  // the header
    while (going()) {
      const bool more = poll_once();
      tell_readiness();
      tell_losses_now_and_then();
      flush();
      if (going()) wait(waiter->get(), more ? 0 : rest_ms());
    }
    drain();
    if (error_) return tl::unexpected(*error_);
    return accounts_;
  }

 private:
  bool going() const { return !stop_ && !error_ && state_ == SinkState::kOpen; }

  // How long to wait for the source, which is told what to wake us for.
  int rest_ms() {
    using WakeAt = source::EventSource::WakeAt;
    source_.about_to_wait(empty_polls_ == 0 ? WakeAt::kManyEvents : WakeAt::kFirstEvent);
    if (empty_polls_ == 0) return kPollMs;
    // What came just before the source was asked to tell of the first event is found by one more look.
    return empty_polls_ == 1 ? 0 : kQuietPollMs;
  }

  // Also looks whether to stop, so it is not left out when there is no time to wait.
  void wait(int waiter, int timeout_ms) {
    std::array<epoll_event, 4> events{};
    const int ready = ::epoll_wait(waiter, events.data(), static_cast<int>(events.size()), timeout_ms);
    for (int i = 0; i < ready; ++i) {
      const auto wake = static_cast<Wake>(events.at(static_cast<std::size_t>(i)).data.u32);
      if (wake == Wake::kStop) stop_ = true;
      if (wake == Wake::kOutputGone) state_ = SinkState::kClosed;
    }
  }

  bool poll_once() {
    ++empty_polls_;
    auto more = source_.poll([this](const model::Event& event) { on_event(event); });
    if (!more) note(tl::unexpected(more.error()));
    return more.value_or(false);
  }

  void on_event(model::Event event) {
    const auto [kind, count] = model::counted(event);
    empty_polls_ = 0;
    received_[kind] += count;
    if (event.kind == model::Kind::kFlood) received_floods_[kind] += count;
    if (options_.complete) options_.complete(event);
    const bool enough = options_.most_events && put_ >= *options_.most_events;
    if (enough || (options_.wanted && !options_.wanted(event))) {
      filtered_here_[kind] += count;
      return;
    }
    ++put_;
    if (sink_.tells(event.kind) || event.kind != model::Kind::kFlood) {
      put(std::move(event));
    } else if (options_.on_untold) {
      untold_[kind] += count;
      options_.on_untold(event);
    }
    if (options_.most_events && put_ == *options_.most_events) stop_ = true;
  }

  void put(model::Event event) {
    if (state_ != SinkState::kOpen || error_) return;
    event.seq = ++seq_;
    note(sink_.put(event));
  }

  void flush() {
    if (state_ == SinkState::kOpen && !error_) note(sink_.flush());
  }

  void note(const Result<SinkState>& state) {
    if (!state) {
      if (!error_) error_ = state.error();
    } else if (*state != SinkState::kOpen) {
      state_ = *state;
    }
  }

  source::SourceCounts read_counts() {
    auto counts = source_.counts();
    if (!counts) note(tl::unexpected(counts.error()));
    return counts.value_or(source::SourceCounts{});
  }

  void tell_readiness() {
    if (ready_ || error_ || !source_.is_complete()) return;
    ready_ = true;
    if (options_.on_ready) options_.on_ready();
  }

  void tell_losses_now_and_then() {
    const auto now = std::chrono::steady_clock::now();
    if (now - looked_for_losses_ < kLossPeriod) return;
    looked_for_losses_ = now;
    tell_losses();
  }

  void tell_losses() {
    const KindCounts lost = read_counts().lost;
    KindCounts fresh = lost;
    fresh -= told_lost_;
    if (error_ || !fresh.any()) return;
    told_lost_ = lost;
    const model::Event loss = {model::Kind::kLost, unix_now(), 0, {}, model::Lost{fresh}};
    if (sink_.tells(loss.kind)) {
      put(loss);
    } else if (options_.on_untold) {
      options_.on_untold(loss);
    }
  }

  void drain() {
    source_.stop();
    while (!error_ && poll_once()) {
    }
    tell_losses();
    flush();
    close_accounts();
    if (!options_.stats_event) return;
    put({model::Kind::kStats, unix_now(), 0, {}, model::Stats{accounts_}});
    flush();
  }

  // What was received and neither filtered nor told is lost: the sink could not take it.
  void close_accounts() {
    const source::SourceCounts counts = read_counts();
    accounts_.kinds = options_.kinds;
    accounts_.seen = counts.seen;
    accounts_.emitted = sink_.emitted();
    accounts_.filtered = counts.filtered;
    accounts_.filtered += filtered_here_;
    accounts_.flooded = sink_.flooded();
    accounts_.flooded += untold_;
    accounts_.lost = received_;
    accounts_.lost += counts.flooded;
    accounts_.lost -= received_floods_;
    accounts_.lost -= filtered_here_;
    accounts_.lost -= accounts_.emitted;
    accounts_.lost -= accounts_.flooded;
    accounts_.lost += counts.lost;
  }

  source::EventSource& source_;
  sink::Sink& sink_;
  const Options& options_;
  bool stop_ = false;
  bool ready_ = false;
  SinkState state_ = SinkState::kOpen;
  std::optional<Error> error_;
  std::uint64_t seq_ = 0;
  std::uint64_t put_ = 0;
  std::uint64_t empty_polls_ = 0;  // the latest ones in a row
  std::chrono::steady_clock::time_point looked_for_losses_;
  KindCounts received_, filtered_here_, told_lost_;
  KindCounts received_floods_;  // also in received_
  KindCounts untold_;           // of those, the ones that on_untold got
  Accounting accounts_;
};

}  // namespace

Result<Accounting> run(source::EventSource& source, sink::Sink& sink, const Options& options) {
  return Run(source, sink, options).go();
}

}  // namespace tcptrail::pipeline
