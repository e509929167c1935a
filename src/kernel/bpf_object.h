#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/filter.h"
#include "model/kind.h"

struct tcptrail_bpf;
struct bpf_link;
struct bpf_program;
struct tt_control;

namespace tcptrail::kernel {

struct BpfOptions {
  model::KindSet kinds;
  bool attempt_after_syn = false;
  model::Filter filter;
  std::size_t buffer_bytes = 0;  // what the kernel may hold for the reader; a power of two, at least a page
};

// What the kernel counted: events that happened, and those that did not reach the ring buffer.
struct KernelCounts {
  model::KindCounts seen, filtered, lost;
};

// The kernel programs and their maps. They go when this goes: nothing is pinned.
class BpfObject {
 public:
  // Opens and loads the named programs with these options.
  static Result<BpfObject> load(const BpfOptions& options, const std::vector<std::string_view>& programs);
  BpfObject(BpfObject&&) noexcept;
  BpfObject& operator=(BpfObject&&) noexcept;
  BpfObject(const BpfObject&) = delete;
  BpfObject& operator=(const BpfObject&) = delete;
  ~BpfObject();

  Result<void> attach(std::string_view program);
  // Tells the programs to do nothing more and waits until none is running. What they have put into the
  // ring buffer and the counters is final then.
  void stop();

  // The ring that is used first, and the one that is used while the reader has not emptied both.
  int events_map() const;
  int spill_map() const;
  bool spilling() const;
  void end_spilling();
  // The reader is about to sleep: wake it when the first ring fills.
  void reader_waits();
  Result<KernelCounts> counts() const;

 private:
  struct Deleter {
    void operator()(tcptrail_bpf* object) const;
    void operator()(bpf_link* link) const;
  };

  explicit BpfObject(tcptrail_bpf* object) : object_(object) {}
  bpf_program* find(std::string_view program) const;

  std::unique_ptr<tcptrail_bpf, Deleter> object_;
  std::vector<std::unique_ptr<bpf_link, Deleter>> links_;
  std::vector<bpf_program*> attached_;
};

}  // namespace tcptrail::kernel
