#include "source/live_source.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "kernel/decoder.h"
#include "kernel/hook_loader.h"
#include "kernel/news_decoder.h"

namespace tcptrail::source {

using kernel::BpfObject;

namespace {

// So that a flood is one line a second and not twenty.
constexpr std::chrono::seconds kFloodPeriod(1);

}  // namespace

Result<std::unique_ptr<LiveSource>> LiveSource::start(const kernel::BpfOptions& options,
                                                      const kernel::Features& features,
                                                      std::optional<kernel::Backend> only) {
  auto hooks = kernel::load_hooks(options, features, only).hooks;
  if (!hooks) return tl::unexpected(hooks.error());
  std::unique_ptr<LiveSource> source(new LiveSource(*std::move(hooks)));
  auto ready = source->open_rings().and_then([&] { return source->list_what_fits(); });
  if (!ready) return tl::unexpected(ready.error());
  return source;
}

Result<void> LiveSource::open_rings() {
  const auto on_record = [this](std::span<const std::byte> record) { this->on_record(record); };
  auto events = kernel::RingReader::open(object_.events_map(), on_record);
  if (!events) return tl::unexpected(events.error());
  auto spill = kernel::RingReader::open(object_.spill_map(), on_record);
  if (!spill) return tl::unexpected(spill.error());
  events_ = *std::move(events);
  spill_ = *std::move(spill);
  return {};
}

// As far as the first ring takes it; poll() does the rest.
Result<void> LiveSource::list_what_fits() {
  Result<void> done;
  while (done && listing_ && !object_.spilling()) done = list_some();
  return done;
}

// The bytes say only how many sockets were told; the sockets themselves come through the ring.
Result<void> LiveSource::list_some() {
  std::array<char, BpfObject::kListingPortion> marks{};
  const ssize_t got = ::read(listing_.get(), marks.data(), marks.size());
  if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR))) return {};
  object_.end_listing();
  listing_ = UniqueFd();
  if (got == 0) return {};
  return fail(ErrorCode::kFailed, fmt::format("cannot list the open sockets: {}", std::strerror(errno)));
}

// While the kernel spills, nothing new comes into the first ring: what is there is older. When it has just
// ceased to, a program that began before may still put its record into the second. Of either, what lies
// behind a record that is still being written comes before what the other one has.
Result<bool> LiveSource::consume() {
  const auto more_if_not_empty = [](bool empty) { return !empty; };
  if (!object_.spilling()) {
    if (has_spilled_) {
      auto empty = spill_->consume();
      if (!empty || !*empty) return empty.map(more_if_not_empty);
      if (!spill_->is_empty()) return true;
    }
    return events_->consume().map(more_if_not_empty);
  }
  has_spilled_ = true;
  auto empty = events_->consume();
  if (!empty || !*empty) return empty.map(more_if_not_empty);
  if (!events_->is_empty()) return true;
  empty = spill_->consume();
  if (!empty || !*empty) return empty.map(more_if_not_empty);
  object_.end_spilling();
  return true;
}

void LiveSource::on_record(std::span<const std::byte> record) {
  tell_lost_news();  // what was lost before this record has been counted by now
  if (kernel::is_news(record)) {
    on_news(record);
  } else {
    hand_over(kernel::decode(record, clock_));
  }
}

void LiveSource::on_news(std::span<const std::byte> record) {
  auto decoded = kernel::decode_news(record, clock_);
  if (!decoded) {
    hand_over(tl::unexpected(decoded.error()));
    return;
  }
  tell(decoded->news);
  if (decoded->event) (*on_event_)(*decoded->event);
}

void LiveSource::tell_lost_news() {
  const std::uint64_t lost = object_.news_lost();
  if (lost == told_lost_news_) return;
  tell(model::NewsLost{lost - told_lost_news_});
  told_lost_news_ = lost;
}

void LiveSource::hand_over(const Result<model::Event>& event) {
  if (event) {
    (*on_event_)(*event);
  } else if (!bad_record_) {
    bad_record_ = event.error();
  }
}

// Once a second while there is a flood. Returns whether there are more to hand over now.
Result<bool> LiveSource::hand_over_floods() {
  using std::chrono::steady_clock;
  if (!floods_left_) {
    if (!object_.flooded()) return false;
    if (!stopped_ && steady_clock::now() - floods_turned_ < kFloodPeriod) return false;
    object_.turn_floods();
    floods_turned_ = steady_clock::now();
  }
  auto all = object_.take_floods([this](const tt_flood_key& key, const tt_flood& flood) {
    hand_over(kernel::decode_flood(key, flood, clock_));
  });
  if (!all) return tl::unexpected(all.error());
  floods_left_ = !*all;
  return floods_left_ || (stopped_ && object_.flooded());
}

Result<bool> LiveSource::poll(const OnEvent& on_event) {
  clock_.measure();
  if (listing_) {
    if (auto listed = list_some(); !listed) return tl::unexpected(listed.error());
  }
  on_event_ = &on_event;
  auto more = consume();
  auto more_floods = hand_over_floods();
  on_event_ = nullptr;
  if (bad_record_) return tl::unexpected(*bad_record_);
  if (!more_floods) return more_floods;
  return more.map([&](bool unread) { return unread || *more_floods || listing_; });
}

void LiveSource::stop() {
  stopped_ = true;
  object_.stop();
}

Result<SourceCounts> LiveSource::counts() {
  return object_.counts().map([](const kernel::KernelCounts& counts) {
    return SourceCounts{counts.seen, counts.filtered, counts.flooded, counts.lost};
  });
}

}  // namespace tcptrail::source
