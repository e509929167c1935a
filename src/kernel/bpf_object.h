#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "kernel/features.h"
#include "model/filter.h"
#include "model/kind.h"

struct tcptrail_bpf;
struct bpf_link;
struct bpf_program;
struct tt_control;
struct tt_flood;
struct tt_flood_key;

namespace tcptrail::kernel {

struct BpfOptions {
  model::KindSet kinds;
  bool attempt_after_syn = false;
  model::Filter filter;
  std::size_t buffer_bytes = 0;  // what the kernel may hold for the reader; a power of two, at least a page
  std::uint32_t budget = 2000;   // events a second that each process may tell singly, whatever others do
  std::uint32_t flood_entries = 1 << 16;  // sums that are kept apart at a time
  std::uint32_t flood_percent = 12;  // of the buffer unread, from which on processes above it are summed up
  bool identify = false;             // tell who is who: processes and cgroups (model/news.h)
  bool names = false;                // and the DNS answers that this host receives
};

// The kernel would not have a program.
struct Refusal {
  std::string program;  // empty: libbpf did not say which
  std::string reason;   // in a few words
  Error error;          // all of it
};

// What the kernel counted: events that happened, and those that did not reach the ring buffer.
struct KernelCounts {
  model::KindCounts seen, filtered, flooded, lost;
};

// The kernel programs and their maps. They go when this goes: nothing is pinned.
class BpfObject {
 public:
  // Opens and loads the named programs with these options, as this kernel needs them.
  static tl::expected<BpfObject, Refusal> load(const BpfOptions& options, const Features& features,
                                               const std::vector<std::string_view>& programs);
  BpfObject(BpfObject&&) noexcept;
  BpfObject& operator=(BpfObject&&) noexcept;
  BpfObject(const BpfObject&) = delete;
  BpfObject& operator=(const BpfObject&) = delete;
  ~BpfObject();

  tl::expected<void, Refusal> attach(std::string_view program);
  // Tells the programs to do nothing more and waits until none is running. What they have put into the
  // ring buffer and the counters is final then.
  void stop();

  // Lists the sockets that existed at start: the descriptor is to be read, in portions of kListingPortion
  // bytes, until nothing comes, and meanwhile the ring too; then end_listing(). No descriptor where the
  // program for it was not attached.
  static constexpr std::size_t kListingPortion = 16 * 1024;
  tl::expected<UniqueFd, Refusal> begin_listing();
  void end_listing();

  // The ring that is used first, and the one that is used while the reader has not emptied both.
  int events_map() const;
  int spill_map() const;
  bool spilling() const;
  void end_spilling();
  // The reader is about to sleep: wake it at the first event, or when the first ring fills.
  void reader_waits(bool for_first_event);

  // Whether events were counted instead of put into a ring since the last turn_floods().
  bool flooded() const;
  // Has the kernel count anew elsewhere, and waits until nobody changes what was counted before. To be called
  // only when take_floods() has left nothing.
  void turn_floods();
  // Hands over some of what was counted before the last turn_floods(), each once. Returns whether that is
  // all.
  using OnFlood = std::function<void(const tt_flood_key&, const tt_flood&)>;
  Result<bool> take_floods(const OnFlood& on_flood);
  Result<KernelCounts> counts();
  // How much news (model/news.h) there was no room for until now. Also what a program of these was skipped
  // for, as of the last counts().
  std::uint64_t news_lost() const;

 private:
  struct Deleter {
    void operator()(tcptrail_bpf* object) const;
    void operator()(bpf_link* link) const;
  };

  explicit BpfObject(tcptrail_bpf* object) : object_(object) {}
  Result<void> prepare(const BpfOptions& options, const Features& features,
                       const std::vector<std::string_view>& programs);
  bpf_program* find(std::string_view program) const;

  std::unique_ptr<tcptrail_bpf, Deleter> object_;
  struct Attached {
    bpf_program* program;
    std::unique_ptr<bpf_link, Deleter> link;
  };
  std::vector<Attached> attached_;
  std::uint64_t skipped_before_ = 0;  // changes of state, by the first program, before there was a stand-by
  std::uint64_t changes_lost_ = 0;    // of state, as told so far
  std::uint64_t news_skipped_ = 0;    // as of the last counts()
};

}  // namespace tcptrail::kernel
