#include "kernel/bpf_object.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/membarrier.h>
#include <malloc.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "kernel/filter_maps.h"
#include "kernel/skeleton.h"

namespace tcptrail::kernel {
namespace {

// libbpf's complaints, kept to explain a failure and otherwise dropped: they are meant for developers.
std::string& libbpf_log() {
  static std::string log;
  return log;
}

// The verifier says at the end of its log why it refuses, so of a long message the middle is left out.
void shorten(std::string& text) {
  constexpr std::size_t kHead = 512;
  constexpr std::size_t kTail = 1536;
  if (text.size() <= kHead + kTail) return;
  text.replace(kHead, text.size() - kHead - kTail, "\n[...]\n");
}

__attribute__((format(printf, 2, 0))) int keep_log(libbpf_print_level level, const char* format,
                                                   va_list args) {
  constexpr std::size_t kMost = 16 * 1024;
  if (level != LIBBPF_WARN || libbpf_log().size() > kMost) return 0;
  va_list again;
  va_copy(again, args);
  const int length = vsnprintf(nullptr, 0, format, again);
  va_end(again);
  if (length <= 0) return length;
  std::string message(static_cast<std::size_t>(length), '\0');
  vsnprintf(message.data(), message.size() + 1, format, args);
  shorten(message);
  libbpf_log() += message;
  return length;
}

// The kernel's own, which leaks out where functions cannot be traced: arm64 before Linux 6.4.
constexpr int kNotSupported = 524;  // ENOTSUPP

std::string words_for(int error) {
  if (error == ENOENT || error == ESRCH) return "it has no such function or tracepoint";
  if (error == kNotSupported) return "it does not support that";
  return std::strerror(error);
}

Error explain(int error, const std::string& what) {
  const bool denied = error == EPERM || error == EACCES || error == EINVAL || error == ENOENT ||
                      error == EOPNOTSUPP || error == ESRCH || error == kNotSupported;
  std::string message = fmt::format("{}: {}", what, words_for(error));
  if (!libbpf_log().empty()) message += "\n" + libbpf_log();
  while (!message.empty() && message.back() == '\n') message.pop_back();
  return {denied ? ErrorCode::kDenied : ErrorCode::kFailed, std::move(message)};
}

tl::unexpected<Refusal> refused(int error, std::string program, const std::string& what) {
  return tl::unexpected(Refusal{std::move(program), words_for(error), explain(error, what)});
}

// With these it is the verifier that speaks, whatever they say.
tl::unexpected<Refusal> not_loaded(int error, std::string program) {
  auto refusal = refused(error, std::move(program), "the kernel refused to load the programs");
  if (error == EACCES || error == EINVAL)
    refusal.value().reason = fmt::format("its verifier does not accept it ({})", std::strerror(error));
  return refusal;
}

// The program that libbpf complained of: its messages start with "prog 'NAME':".
std::string culprit() {
  static constexpr std::string_view kMark = "prog '";
  const std::string& log = libbpf_log();
  const std::size_t mark = log.find(kMark);
  if (mark == std::string::npos) return {};
  const std::size_t name = mark + kMark.size();
  return log.substr(name, log.find('\'', name) - name);
}

// The object for older kernels has the same maps and programs, so the skeleton of the one serves the other.
// NOLINTBEGIN(cppcoreguidelines-no-malloc): tcptrail_bpf__destroy() frees it, being C.
tcptrail_bpf* open_compat() {
  auto* const object = static_cast<tcptrail_bpf*>(std::calloc(1, sizeof(tcptrail_bpf)));
  if (object == nullptr || tcptrail_bpf__create_skeleton(object) != 0) {
    std::free(object);
    return nullptr;
  }
  object->skeleton->data = tcptrail_compat_bpf__elf_bytes(&object->skeleton->data_sz);
  if (const int error = bpf_object__open_skeleton(object->skeleton, nullptr); error != 0) {
    tcptrail_bpf__destroy(object);
    errno = -error;
    return nullptr;
  }
  return object;
}
// NOLINTEND(cppcoreguidelines-no-malloc)

void preallocate(bpf_map* map, std::uint32_t entries) {
  bpf_map__set_map_flags(map, bpf_map__map_flags(map) & ~static_cast<std::uint32_t>(BPF_F_NO_PREALLOC));
  bpf_map__set_max_entries(map, entries);
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

// 0 if it was not loaded.
std::uint64_t times_skipped(const bpf_program* program) {
  bpf_prog_info info{};
  std::uint32_t length = sizeof(info);
  return bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length) == 0 ? info.recursion_misses : 0;
}

// Programs that tell what processes do, and the kind of event that this may be, if it is asked for.
struct ProcessPrograms {
  const bpf_program* first = nullptr;
  const bpf_program* standby = nullptr;
  std::optional<tt_kind> tells;
};

std::array<ProcessPrograms, 3> process_programs(const tcptrail_bpf& object) {
  const auto& programs = object.progs;
  const auto asked = [&](tt_kind kind) {
    return (object.rodata->config.events >> kind & 1U) != 0 ? std::optional(kind) : std::nullopt;
  };
  return {{{programs.forked_tracepoint, programs.forked_standby_tracepoint, std::nullopt},
           {programs.executed_tracepoint, programs.executed_standby_tracepoint, asked(TT_EXEC)},
           {programs.exited_tracepoint, programs.exited_standby_tracepoint, asked(TT_EXIT)}}};
}

// What these are skipped for is a name or a path that is not known.
bool tells_no_event(const decltype(tcptrail_bpf::progs)& programs, const bpf_program* program) {
  const std::array<const bpf_program*, 8> all = {
      programs.cgroup_made_tracepoint, programs.cgroup_joined_tracepoint,  programs.dns_queued_fentry,
      programs.dns_queued_kprobe,      programs.dns_arrived_tracepoint,    programs.dns_consumed_tracepoint,
      programs.dns_read_tracepoint,    programs.dns_read_linear_tracepoint};
  return std::find(all.begin(), all.end(), program) != all.end();
}

// At most so often did neither the first nor the stand-by run.
std::uint64_t times_untold(const ProcessPrograms& programs) {
  const std::uint64_t skipped = times_skipped(programs.first);
  return bpf_program__autoload(programs.standby) ? std::min(skipped, times_skipped(programs.standby))
                                                 : skipped;
}

void add_unknown(KernelCounts& counts, std::uint64_t count) {
  counts.seen[model::Kind::kUnknown] += count;
  counts.lost[model::Kind::kUnknown] += count;
}

}  // namespace

void BpfObject::Deleter::operator()(tcptrail_bpf* object) const { tcptrail_bpf__destroy(object); }
void BpfObject::Deleter::operator()(bpf_link* link) const { bpf_link__destroy(link); }
BpfObject::BpfObject(BpfObject&&) noexcept = default;
BpfObject& BpfObject::operator=(BpfObject&&) noexcept = default;
BpfObject::~BpfObject() = default;

tl::expected<BpfObject, Refusal> BpfObject::load(const BpfOptions& options, const Features& features,
                                                 const std::vector<std::string_view>& programs) {
  libbpf_set_print(keep_log);
  libbpf_log().clear();
  BpfObject object(features.modern ? tcptrail_bpf__open() : open_compat());
  if (!object.object_) return refused(errno, {}, "cannot open the kernel programs");
  const auto as_refusal = [](Error error) { return Refusal{{}, error.message, std::move(error)}; };
  if (auto done = object.prepare(options, features, programs).map_error(as_refusal); !done)
    return tl::unexpected(done.error());
  if (const int error = tcptrail_bpf__load(object.object_.get()); error != 0)
    return not_loaded(-error, culprit());
  if (auto done = fill_filter(*object.object_, options.filter).map_error(as_refusal); !done)
    return tl::unexpected(done.error());
  // Fitting the programs to this kernel took some megabytes that are free again: give them back.
  malloc_trim(0);
  return object;
}

Result<void> BpfObject::prepare(const BpfOptions& options, const Features& features,
                                const std::vector<std::string_view>& programs) {
  const auto wanted = [&](std::string_view program) {
    return std::find(programs.begin(), programs.end(), program) != programs.end();
  };
  tcptrail_bpf& skeleton = *object_;
  skeleton.rodata->config.events = options.kinds.bits();
  skeleton.rodata->config.attempt_after_syn = options.attempt_after_syn;
  skeleton.rodata->config.accept_probed = wanted("accept_kprobe");
  skeleton.rodata->config.budget = options.budget;
  skeleton.rodata->config.flood_bytes =
      static_cast<std::uint32_t>(options.buffer_bytes / 100 * options.flood_percent);
  skeleton.rodata->config.identify = options.identify;
  skeleton.rodata->config.preemptible = features.preemptible;
  skeleton.rodata->config.news_bytes = static_cast<std::uint32_t>(options.buffer_bytes / 4);
  skeleton.bss->control.listing = wanted("snapshot_iterator");
  bpf_map__set_max_entries(skeleton.maps.spill, static_cast<std::uint32_t>(options.buffer_bytes));
  if (!wanted("thread_exit_tracepoint")) bpf_map__set_max_entries(skeleton.maps.calls, 1);
  if (!features.modern) bpf_map__set_max_entries(skeleton.maps.tracked, 1);
  // Scratch for long records, on each processor that there may be: only where it is used.
  const auto& maps = skeleton.maps;
  for (const auto& [map, program] :
       {std::pair<bpf_map*, std::string_view>{maps.exec_records, "executed_tracepoint"},
        {maps.exec_standby_records, "executed_standby_tracepoint"},
        {maps.cgroups_made, "cgroup_made_tracepoint"},
        {maps.cgroups_joined, "cgroup_joined_tracepoint"}})
    bpf_map__set_autocreate(map, wanted(program));
  bpf_map__set_autocreate(maps.dns_arrived, options.names);
  bpf_map__set_autocreate(maps.dns_read, options.names);
  bpf_map__set_autocreate(maps.deeds, options.identify || (options.kinds.bits() >> TT_EXEC) != 0);
  if (!features.allocating) {
    preallocate(skeleton.maps.tracked_overflow, 1 << 16);
    preallocate(skeleton.maps.listeners, 1 << 13);
  }
  for (bpf_map* const flood : {skeleton.maps.flood_0, skeleton.maps.flood_1}) {
    if (features.allocating) {
      bpf_map__set_max_entries(flood, options.flood_entries);
    } else {
      preallocate(flood, std::min<std::uint32_t>(options.flood_entries, 1 << 12));
    }
  }
  for (const std::string_view name : programs) {
    bpf_program* const program = find(name);
    if (program == nullptr)
      return fail(ErrorCode::kFailed, fmt::format("there is no kernel program {}", name));
    bpf_program__set_autoload(program, true);
  }
  return prepare_filter(skeleton, options.filter);
}

bpf_program* BpfObject::find(std::string_view program) const {
  return bpf_object__find_program_by_name(object_->obj, std::string(program).c_str());
}

tl::expected<void, Refusal> BpfObject::attach(std::string_view program) {
  libbpf_log().clear();
  bpf_program* const found = find(program);
  bpf_link* const link = bpf_program__attach(found);
  if (link == nullptr)
    return refused(errno, std::string(program), fmt::format("the kernel refused to attach {}", program));
  attached_.push_back({found, std::unique_ptr<bpf_link, Deleter>(link)});
  // What the first program was skipped for until its stand-by came was before tracing.
  if (found == object_->progs.state_standby_tracepoint)
    skipped_before_ = times_skipped(object_->progs.state_first_tracepoint);
  return {};
}

tl::expected<UniqueFd, Refusal> BpfObject::begin_listing() {
  const auto lister = std::find_if(attached_.begin(), attached_.end(), [&](const Attached& attached) {
    return attached.program == object_->progs.snapshot_iterator;
  });
  if (lister == attached_.end()) return UniqueFd();
  UniqueFd list(bpf_iter_create(bpf_link__fd(lister->link.get())));
  if (!list) return refused(errno, bpf_program__name(lister->program), "the kernel lists no open sockets");
  return list;
}

void BpfObject::end_listing() { std::atomic_ref(control_of(*object_).listing).store(0); }

void BpfObject::stop() {
  std::atomic_ref(control_of(*object_).stopped).store(1);
  wait_for_running_programs();
}

int BpfObject::events_map() const { return bpf_map__fd(object_->maps.events); }

int BpfObject::spill_map() const { return bpf_map__fd(object_->maps.spill); }

bool BpfObject::spilling() const { return std::atomic_ref(control_of(*object_).spilling).load() != 0; }

void BpfObject::end_spilling() {
  ++std::atomic_ref(control_of(*object_).spill_round);
  std::atomic_ref(control_of(*object_).spilling).store(0);
}

void BpfObject::reader_waits(bool for_first_event) {
  std::atomic_ref(control_of(*object_).wake_bytes).store(for_first_event ? 1 : TT_WAKE_BYTES);
}

bool BpfObject::flooded() const { return std::atomic_ref(control_of(*object_).flooded).load() != 0; }

void BpfObject::turn_floods() {
  tt_control& control = control_of(*object_);
  std::atomic_ref(control.flooded).store(0);
  std::atomic_ref(control.flood_side).store(control.flood_side == 0 ? 1 : 0);
  wait_for_running_programs();
}

Result<bool> BpfObject::take_floods(const OnFlood& on_flood) {
  // More than a bucket of the map ever holds: the kernel hands over whole buckets.
  constexpr std::uint32_t kMost = 1024;
  thread_local std::vector<tt_flood_key> keys(kMost);
  thread_local std::vector<tt_flood> floods(kMost);
  const auto& maps = object_->maps;
  const bpf_map* const before = control_of(*object_).flood_side == 0 ? maps.flood_1 : maps.flood_0;
  std::uint32_t count = kMost;
  std::uint64_t bucket = 0;  // from the first again each time: those before are empty now
  const int error = bpf_map_lookup_and_delete_batch(bpf_map__fd(before), nullptr, &bucket, keys.data(),
                                                    floods.data(), &count, nullptr);
  if (error != 0 && error != -ENOENT)
    return fail(ErrorCode::kFailed, fmt::format("cannot read the flood map: {}", std::strerror(-error)));
  for (std::uint32_t i = 0; i < count; ++i) {
    if (floods[i].count != 0) on_flood(keys[i], floods[i]);
  }
  return error == -ENOENT;
}

std::uint64_t BpfObject::news_lost() const {
  return std::atomic_ref(control_of(*object_).news_lost).load() + news_skipped_;
}

Result<KernelCounts> BpfObject::counts() {
  // A program is skipped where it would interrupt itself. What it would have told nobody knows, but for the
  // changes of state, which are made good: later (tell_missed in bpf/state.bpf.c), or where there is a
  // stand-by (bpf/lib/standby.h) at once, and then what that was skipped for as well is lost.
  const auto& programs = object_->progs;
  const std::uint64_t first_skipped = times_skipped(programs.state_first_tracepoint) - skipped_before_;
  KernelCounts counts;
  // What these are skipped for is mostly no event, and can mostly be found out otherwise.
  const auto of_processes = process_programs(*object_);
  news_skipped_ = 0;
  for (const ProcessPrograms& those : of_processes) {
    const std::uint64_t untold = times_untold(those);
    news_skipped_ += untold;
    if (those.tells) add_unknown(counts, untold);
  }
  for (const Attached& attached : attached_) {
    const bpf_program* const program = attached.program;
    const bool tells_of_processes = std::any_of(
        of_processes.begin(), of_processes.end(),
        [&](const ProcessPrograms& those) { return program == those.first || program == those.standby; });
    if (tells_of_processes || tells_no_event(programs, program)) continue;
    const bool made_good =
        program == programs.state_tracepoint || program == programs.state_first_tracepoint ||
        program == programs.state_standby_tracepoint || program == programs.destroy_standby_tracepoint ||
        (program == programs.destroy_tracepoint &&
         bpf_program__autoload(programs.destroy_standby_tracepoint));
    if (!made_good) add_unknown(counts, times_skipped(program));
  }

  const auto processors = static_cast<std::size_t>(libbpf_num_possible_cpus());
  thread_local std::vector<tt_counters> values;
  values.resize(processors);
  const std::uint32_t key = 0;
  const int error = bpf_map__lookup_elem(object_->maps.counters, &key, sizeof(key), values.data(),
                                         processors * sizeof(tt_counters), 0);
  if (error != 0)
    return fail(ErrorCode::kFailed, fmt::format("cannot read the counters: {}", std::strerror(-error)));
  std::uint64_t stood_in = 0;
  for (const tt_counters& value : values) {
    counts.seen += sum(value, &tt_counters::seen);
    counts.filtered += sum(value, &tt_counters::filtered);
    counts.flooded += sum(value, &tt_counters::flooded);
    counts.lost += sum(value, &tt_counters::lost);
    add_unknown(counts, value.missed);
    stood_in += value.stood_in;
  }
  // The two were not read at one moment: what was told as lost once stays lost.
  if (first_skipped > stood_in) changes_lost_ = std::max(changes_lost_, first_skipped - stood_in);
  add_unknown(counts, changes_lost_);
  return counts;
}

}  // namespace tcptrail::kernel
