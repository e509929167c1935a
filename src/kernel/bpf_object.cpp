#include "kernel/bpf_object.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/membarrier.h>
#include <malloc.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>

#include "kernel/filter_maps.h"
#include "kernel/skeleton.h"

namespace tcptrail::kernel {
namespace {

// libbpf's complaints, kept to explain a failure and otherwise dropped: they are meant for developers.
std::string& libbpf_log() {
  static std::string log;
  return log;
}

__attribute__((format(printf, 2, 0))) int keep_log(libbpf_print_level level, const char* format,
                                                   va_list args) {
  constexpr std::size_t kMost = 16 * 1024;
  if (level != LIBBPF_WARN || libbpf_log().size() > kMost) return 0;
  char line[1024];
  const int length = vsnprintf(line, sizeof(line), format, args);
  libbpf_log() += line;
  return length;
}

Error explain(int error, const std::string& what) {
  const bool denied = error == EPERM || error == EACCES || error == EINVAL || error == ENOENT ||
                      error == EOPNOTSUPP || error == ESRCH;
  std::string message = fmt::format("{}: {}", what, std::strerror(error));
  if (!libbpf_log().empty()) message += "\n" + libbpf_log();
  while (!message.empty() && message.back() == '\n') message.pop_back();
  return {denied ? ErrorCode::kDenied : ErrorCode::kFailed, std::move(message)};
}

tt_control& control_of(tcptrail_bpf& object) { return object.bss->control; }

// Waits until every program that had begun before has ended: a grace period of RCU.
void wait_for_running_programs() {
  if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) == 0) return;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // nohz_full machines refuse the above
}

model::KindCounts sum(const tt_counters& counters, const __u64 (tt_counters::*row)[TT_KINDS]) {
  static_assert(TT_KINDS == model::kTracedKinds);
  model::KindCounts counts;
  for (std::size_t kind = 0; kind < TT_KINDS; ++kind)
    counts[static_cast<model::Kind>(kind)] = (counters.*row)[kind];
  return counts;
}

}  // namespace

void BpfObject::Deleter::operator()(tcptrail_bpf* object) const { tcptrail_bpf__destroy(object); }
void BpfObject::Deleter::operator()(bpf_link* link) const { bpf_link__destroy(link); }
BpfObject::BpfObject(BpfObject&&) noexcept = default;
BpfObject& BpfObject::operator=(BpfObject&&) noexcept = default;
BpfObject::~BpfObject() = default;

Result<BpfObject> BpfObject::load(const BpfOptions& options, const std::vector<std::string_view>& programs) {
  libbpf_set_print(keep_log);
  libbpf_log().clear();
  BpfObject object(tcptrail_bpf__open());
  if (!object.object_) return tl::unexpected(explain(errno, "cannot open the kernel programs"));
  tcptrail_bpf& skeleton = *object.object_;

  skeleton.rodata->config.events = options.kinds.bits();
  skeleton.rodata->config.attempt_after_syn = options.attempt_after_syn;
  bpf_map__set_max_entries(skeleton.maps.spill, static_cast<std::uint32_t>(options.buffer_bytes));
  if (auto done = prepare_filter(skeleton, options.filter); !done) return tl::unexpected(done.error());
  for (const std::string_view name : programs) {
    bpf_program* const program = object.find(name);
    if (program == nullptr)
      return fail(ErrorCode::kFailed, fmt::format("there is no kernel program {}", name));
    bpf_program__set_autoload(program, true);
  }
  if (const int error = tcptrail_bpf__load(&skeleton); error != 0) {
    return tl::unexpected(explain(-error, "the kernel refused to load the programs"));
  }
  if (auto done = fill_filter(skeleton, options.filter); !done) return tl::unexpected(done.error());
  // Fitting the programs to this kernel took some megabytes that are free again: give them back.
  malloc_trim(0);
  return object;
}

bpf_program* BpfObject::find(std::string_view program) const {
  return bpf_object__find_program_by_name(object_->obj, std::string(program).c_str());
}

Result<void> BpfObject::attach(std::string_view program) {
  libbpf_log().clear();
  bpf_program* const found = find(program);
  bpf_link* const link = bpf_program__attach(found);
  if (link == nullptr)
    return tl::unexpected(explain(errno, fmt::format("the kernel refused to attach {}", program)));
  links_.emplace_back(link);
  attached_.push_back(found);
  return {};
}

void BpfObject::stop() {
  std::atomic_ref(control_of(*object_).stopped).store(1);
  wait_for_running_programs();
}

int BpfObject::events_map() const { return bpf_map__fd(object_->maps.events); }

int BpfObject::spill_map() const { return bpf_map__fd(object_->maps.spill); }

bool BpfObject::spilling() const { return std::atomic_ref(control_of(*object_).spilling).load() != 0; }

void BpfObject::end_spilling() { std::atomic_ref(control_of(*object_).spilling).store(0); }

void BpfObject::reader_waits() { std::atomic_ref(control_of(*object_).reader_waits).store(1); }

Result<KernelCounts> BpfObject::counts() const {
  const auto processors = static_cast<std::size_t>(libbpf_num_possible_cpus());
  thread_local std::vector<tt_counters> values;
  values.resize(processors);
  const std::uint32_t key = 0;
  const int error = bpf_map__lookup_elem(object_->maps.counters, &key, sizeof(key), values.data(),
                                         processors * sizeof(tt_counters), 0);
  if (error != 0)
    return fail(ErrorCode::kFailed, fmt::format("cannot read the counters: {}", std::strerror(-error)));
  KernelCounts counts;
  for (const tt_counters& value : values) {
    counts.seen += sum(value, &tt_counters::seen);
    counts.filtered += sum(value, &tt_counters::filtered);
    counts.lost += sum(value, &tt_counters::lost);
  }
  // A program is skipped where it would interrupt itself. What it would have told nobody knows, but for the
  // changes of state: those are made good later (tell_missed in bpf/state.bpf.c).
  for (bpf_program* const program : attached_) {
    if (program == object_->progs.state_tracepoint) continue;
    bpf_prog_info info{};
    std::uint32_t length = sizeof(info);
    if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length) != 0) continue;
    counts.seen[model::Kind::kUnknown] += info.recursion_misses;
    counts.lost[model::Kind::kUnknown] += info.recursion_misses;
  }
  return counts;
}

}  // namespace tcptrail::kernel
