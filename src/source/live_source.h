#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "kernel/bpf_object.h"
#include "kernel/features.h"
#include "kernel/hook_catalog.h"
#include "kernel/hook_loader.h"
#include "kernel/ring_reader.h"
#include "source/event_source.h"

namespace tcptrail::source {

// What this host does, as it happens.
class LiveSource : public EventSource {
 public:
  // With the hooks of kernel::load_hooks(); an error says which event remains unserved and why.
  static Result<std::unique_ptr<LiveSource>> start(const kernel::BpfOptions& options,
                                                   const kernel::Features& features,
                                                   std::optional<kernel::Backend> only);

  Result<bool> poll(const OnEvent& on_event) override;
  bool is_complete() const override { return !listing_; }
  std::vector<int> wake_fds() const override { return {object_.events_map(), object_.spill_map()}; }
  void about_to_wait(WakeAt wake_at) override { object_.reader_waits(wake_at == WakeAt::kFirstEvent); }
  void stop() override;
  Result<SourceCounts> counts() override;

 private:
  explicit LiveSource(kernel::AttachedHooks hooks)
      : object_(std::move(hooks.object)), listing_(std::move(hooks.listing)) {}
  Result<void> open_rings();
  Result<void> list_what_fits();
  Result<void> list_some();
  Result<bool> consume();
  Result<bool> hand_over_floods();
  void on_record(std::span<const std::byte> record);
  void on_news(std::span<const std::byte> record);
  void tell_lost_news();
  void hand_over(const Result<model::Event>& event);

  kernel::BpfObject object_;
  std::unique_ptr<kernel::RingReader> events_, spill_;
  bool has_spilled_ = false;
  bool stopped_ = false;
  bool floods_left_ = false;  // of those from before the last turn
  std::chrono::steady_clock::time_point floods_turned_;
  UniqueFd listing_;  // while the sockets that existed at start are being listed
  WallClock clock_;
  std::uint64_t told_lost_news_ = 0;
  const OnEvent* on_event_ = nullptr;  // during poll()
  std::optional<Error> bad_record_;
};

}  // namespace tcptrail::source
