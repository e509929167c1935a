#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "kernel/bpf_object.h"
#include "kernel/features.h"
#include "kernel/hook_catalog.h"
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
  std::vector<int> wake_fds() const override { return {object_.events_map(), object_.spill_map()}; }
  void about_to_wait() override { object_.reader_waits(); }
  void stop() override { object_.stop(); }
  Result<SourceCounts> counts() override;

 private:
  explicit LiveSource(kernel::BpfObject object) : object_(std::move(object)) {}
  Result<void> open_rings();
  Result<void> begin_listing();
  Result<void> list_some();
  Result<bool> consume();
  void on_record(std::span<const std::byte> record);

  kernel::BpfObject object_;
  std::unique_ptr<kernel::RingReader> events_, spill_;
  bool has_spilled_ = false;
  UniqueFd listing_;  // while the sockets that existed at start are being listed
  WallClock clock_;
  const OnEvent* on_event_ = nullptr;  // during poll()
  std::optional<Error> bad_record_;
};

}  // namespace tcptrail::source
