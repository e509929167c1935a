#include "enrich/process_table.h"

#include <algorithm>
#include <cstddef>
#include <ctime>
#include <iterator>
#include <tuple>
#include <utility>

namespace tcptrail::enrich {
namespace {

using model::Ancestor;
using model::ProcessState;
using model::Program;
using model::StartMark;

constexpr std::size_t kMostRuns = 8;
constexpr std::ptrdiff_t kMostRunsOfEnded = 2;
constexpr unsigned kMostExecs = 256;  // then they wrap
// A chain that gets longer loses its far end: who forks and ends, again and again, makes it as long as he
// likes.
constexpr std::uint32_t kMostAncestors = 64;
constexpr std::uint32_t kKeptAncestors = 32;
constexpr std::chrono::seconds kLossPeriod(1);

// It moves when the clock is set.
UnixNs boot_time_now() {
  timespec since_boot{};
  ::clock_gettime(CLOCK_BOOTTIME, &since_boot);
  return unix_now() -
         (static_cast<UnixNs>(since_boot.tv_sec) * 1'000'000'000 + static_cast<UnixNs>(since_boot.tv_nsec));
}

std::shared_ptr<const Ancestor> nearest(const std::shared_ptr<const Ancestor>& chain, std::uint32_t count) {
  if (!chain || count == 0) return nullptr;
  auto copy = std::make_shared<Ancestor>(*chain);
  copy->parent = nearest(chain->parent, count - 1);
  copy->depth = copy->parent ? copy->parent->depth + 1 : 1;
  return copy;
}

ProcessState state_of(const ProcEntry& entry) {
  ProcessState state;
  state.pid = entry.pid;
  state.start = entry.start;
  state.parent_pid = entry.parent_pid;
  state.ns_pid = entry.ns_pid;
  state.session = entry.session;
  state.loginuid = entry.loginuid;
  state.comm = entry.comm;
  return state;
}

// The oldest gives way.
template <typename Run>
void append(std::vector<Run>& runs, Run run) {
  if (runs.size() == kMostRuns) runs.erase(runs.begin());
  runs.push_back(std::move(run));
}

// Its end tells more than its beginning.
std::string shortened(const std::string& exe) {
  static constexpr std::string_view kCut = "...";
  if (exe.size() <= model::kMostAncestorExe) return exe;
  return std::string(kCut).append(exe, exe.size() - model::kMostAncestorExe + kCut.size());
}

std::size_t memory_of(const Program& program) {
  constexpr std::size_t kAround = 64;  // what an allocation takes besides
  std::size_t bytes = sizeof(Program) + kAround + program.args.capacity() * sizeof(std::string);
  const auto add = [&bytes](const std::string& text) {
    if (text.capacity() > std::string().capacity()) bytes += text.capacity() + 1;
  };
  add(program.exe);
  add(program.cwd);
  for (const std::string& arg : program.args) add(arg);
  return bytes;
}

bool is_same(const std::shared_ptr<const Program>& a, const std::shared_ptr<const Program>& b) {
  if (!a || !b) return a == b;
  return a->exe == b->exe && a->args == b->args && a->cwd == b->cwd;
}

}  // namespace

ProcessTable::ProcessTable(ProcReader reader, const ProcessTableLimits& limits,
                           std::optional<UnixNs> boot_time)
    : reader_(std::move(reader)), limits_(limits), boot_time_(boot_time), unknown_(limits.unknown) {}

// What events and /proc say of the start is less than the kernel's news does, so that several may match: then
// one that lives, whose start is known exactly, and of those that began last.
ProcessTable::Entry* ProcessTable::match(std::uint32_t pid, StartMark mark) {
  Entry* best = nullptr;
  const auto [first, last] = by_pid_.equal_range(pid);
  for (auto found = first; found != last; ++found) {
    Entry& entry = *found->second;
    const bool matches =
        mark == 0 || (entry.exact ? model::start_mark(entry.start) == mark : may_be_of(entry.start, mark));
    if (!matches) continue;
    const auto rank = [](const Entry& one) { return std::tuple(!one.ended, one.exact, one.start); };
    if (best == nullptr || rank(entry) > rank(*best)) best = &entry;
  }
  return best;
}

std::shared_ptr<const Ancestor> ProcessTable::as_ancestor(Entry& parent) {
  Run& now = parent.runs.back();
  if (now.as_ancestor) return now.as_ancestor;
  auto made = std::make_shared<Ancestor>();
  made->pid = parent.pid;
  made->comm = now.comm;
  if (now.program) made->exe = shortened(now.program->exe);
  const bool too_long = parent.ancestors && parent.ancestors->depth >= kMostAncestors;
  made->parent = too_long ? nearest(parent.ancestors, kKeptAncestors) : parent.ancestors;
  made->depth = made->parent ? made->parent->depth + 1 : 1;
  now.as_ancestor = std::move(made);
  return now.as_ancestor;
}

ProcessTable::Entry& ProcessTable::insert(const ProcessState& state, bool exact, Entry* parent, Run run) {
  auto ancestors = parent == nullptr ? nullptr : as_ancestor(*parent);  // first, as the parent may have to go
  // Whoever had the id is gone, though nobody said so; or this one is, where /proc has shown who has it now.
  const auto [first, last] = by_pid_.equal_range(state.pid);
  const auto other = std::find_if(first, last, [](const auto& found) { return !found.second->ended; });
  const bool is_past = other != last && state.start < other->second->start;
  if (other != last && !is_past) end(other->second);
  Entry& entry = live_.emplace_back();
  entry.pid = state.pid;
  entry.start = entry.shown_start = state.start;
  entry.exact = exact;
  entry.losses = losses_;
  entry.parent_pid = state.parent_pid;
  entry.ns_pid = state.ns_pid;
  entry.session = state.session;
  entry.loginuid = state.loginuid;
  entry.ancestors = std::move(ancestors);
  entry.runs.reserve(1);
  entry.runs.push_back(std::move(run));
  by_pid_.emplace(state.pid, std::prev(live_.end()));
  if (is_past) end(std::prev(live_.end()));
  if (live_.size() > limits_.live) {
    ++evicted_;
    drop(live_);
  }
  return entry;
}

// If nobody told of it, /proc may show it.
ProcessTable::Entry* ProcessTable::parent_of(const ProcessState& state) {
  if (state.parent_pid == 0) return nullptr;
  Entry* const parent = match(state.parent_pid, state.parent_mark);
  return parent != nullptr ? parent : read_from_proc(state.parent_pid, state.parent_mark);
}

// The one that the news is of, of which more is known now; or null.
ProcessTable::Entry* ProcessTable::known(const ProcessState& state) {
  Entry* const entry = match(state.pid, model::start_mark(state.start));
  if (entry == nullptr) return nullptr;
  entry->start = state.start;
  entry->exact = true;
  return entry;
}

void ProcessTable::end(Place place) {
  place->ended = true;
  // Few of its connections are left, and none that it made long ago.
  auto& runs = place->runs;
  if (std::ssize(runs) > kMostRunsOfEnded) runs.erase(runs.begin(), runs.end() - kMostRunsOfEnded);
  runs.shrink_to_fit();
  ended_.splice(ended_.end(), live_, place);
  if (ended_.size() > limits_.ended) drop(ended_);
}

// The first of them.
void ProcessTable::drop(Entries& from) {
  const auto [first, last] = by_pid_.equal_range(from.front().pid);
  by_pid_.erase(std::find_if(first, last, [&](const auto& entry) { return entry.second == from.begin(); }));
  from.pop_front();
}

// Null if there is no memory for it: then it is not known what was run.
std::shared_ptr<const Program> ProcessTable::account(std::shared_ptr<const Program> program) {
  if (!program) return nullptr;
  const std::size_t bytes = memory_of(*program);
  while (*program_bytes_ + bytes > limits_.program_bytes && !ended_.empty()) drop(ended_);
  if (*program_bytes_ + bytes > limits_.program_bytes) {
    ++evicted_;
    return nullptr;
  }
  *program_bytes_ += bytes;
  // As long as anybody has it.
  const Program* const kept = program.get();
  return {kept, [program = std::move(program), total = program_bytes_, bytes](const Program*) mutable {
            *total -= bytes;
            program.reset();
          }};
}

// It runs what its parent runs, who may have executed another program since.
void ProcessTable::learn(const model::Forked& news) {
  const ProcessState& state = news.process;
  if (known(state) != nullptr) return;  // /proc showed it before
  Entry* const parent = parent_of(state);
  Run run{state.execs, state.comm, nullptr, nullptr, nullptr};
  if (parent != nullptr) run.program = run_at(*parent, state.execs).program;
  insert(state, true, parent, std::move(run));
}

void ProcessTable::learn(const model::Execed& news) {
  const ProcessState& state = news.process;
  Run run{state.execs, state.comm, account(news.program), nullptr, nullptr};
  Entry* const entry = known(state);
  if (entry == nullptr) {
    insert(state, true, parent_of(state), std::move(run));
    return;
  }
  entry->ns_pid = state.ns_pid;
  entry->session = state.session;
  entry->loginuid = state.loginuid;
  // What /proc showed was one exec less; or this one, if it was read just after it.
  Run& last = entry->runs.back();
  if (!last.execs)
    last.execs = static_cast<model::Execs>(state.execs - (is_same(last.program, run.program) ? 0 : 1));
  if (last.execs != state.execs || !last.program) append(entry->runs, std::move(run));
}

void ProcessTable::learn(const model::Exited& news) {
  const ProcessState& state = news.process;
  Entry* entry = known(state);
  if (entry == nullptr)
    entry = &insert(state, true, parent_of(state), Run{state.execs, state.comm, nullptr, nullptr, nullptr});
  if (entry->ended) return;
  const auto [first, last] = by_pid_.equal_range(entry->pid);
  end(std::find_if(first, last, [&](const auto& found) { return &*found.second == entry; })->second);
}

// Its parents first, so that its lineage is whole.
ProcessTable::Entry* ProcessTable::seed(std::uint32_t pid, int generations) {
  const auto read = reader_.read(pid);
  if (!read) return nullptr;
  if (Entry* const there = match(pid, model::start_mark(read->start)); there != nullptr) return there;
  const Entry* const parent = read->parent_pid == 0 ? nullptr : match(read->parent_pid, 0);
  if (read->parent_pid != 0 && generations > 0 && (parent == nullptr || parent->ended))
    seed(read->parent_pid, generations - 1);
  const ProcessState state = state_of(*read);
  Run run{std::nullopt, read->comm, account(read->program), nullptr, nullptr};
  return &insert(state, false, parent_of(state), std::move(run));
}

void ProcessTable::seed() {
  for (const std::uint32_t pid : reader_.pids()) seed(pid, static_cast<int>(kMostAncestors));
}

ProcessTable::Entry* ProcessTable::read_from_proc(std::uint32_t pid, StartMark mark) {
  Unknown& unknown = unknown_[(pid * 0x9e3779b1U ^ mark) % unknown_.size()];
  if (unknown.pid == pid && unknown.mark == mark) return nullptr;
  const auto start = reader_.start_of(pid);
  if (start && (mark == 0 || may_be_of(*start, mark))) {
    if (Entry* const entry = seed(pid, static_cast<int>(kMostAncestors)); entry != nullptr) return entry;
  }
  unknown = {pid, mark};
  return nullptr;
}

bool ProcessTable::is_in_doubt(const Entry& entry) {
  if (lost_) {
    const auto now = std::chrono::steady_clock::now();
    if (now - losses_counted_ >= kLossPeriod) {
      losses_counted_ = now;
      ++losses_;
      lost_ = false;
    }
  }
  return entry.losses != losses_ && !entry.ended;
}

// What it runs may have changed without a word. If it is known how often it had executed, the next event
// shows that; and where /proc does not say what it runs, as of a process that is just ending, what is known
// stays.
void ProcessTable::refresh(Entry& entry) {
  entry.losses = losses_;
  if (entry.runs.back().execs) return;
  const auto read = reader_.read(entry.pid);
  if (!read || !may_be_of(read->start, model::start_mark(entry.start))) return;
  if (!read->program || read->program->exe.empty() || is_same(read->program, entry.runs.back().program))
    return;
  append(entry.runs, Run{std::nullopt, read->comm, account(read->program), nullptr, nullptr});
}

std::shared_ptr<const model::Process> ProcessTable::identity(Entry& entry, Run& run) const {
  if (run.identity) return run.identity;
  auto made = std::make_shared<model::Process>();
  if (entry.parent_pid != 0) made->ppid = entry.parent_pid;
  if (!entry.shown_time) entry.shown_time = (boot_time_ ? *boot_time_ : boot_time_now()) + entry.shown_start;
  made->start = *entry.shown_time;
  made->ns_pid = entry.ns_pid;
  made->session = entry.session;
  made->loginuid = entry.loginuid;
  made->program = run.program;
  made->ancestors = entry.ancestors;
  run.identity = std::move(made);
  return run.identity;
}

// What it ran when it had executed that often; else what /proc showed, of which that is not known yet, and
// from then on is. If there is neither, an exec was not told, or it is too long ago: then it is not known
// what was run, but for the latest, which /proc shows.
ProcessTable::Run& ProcessTable::run_at(Entry& entry, model::Execs execs) {
  auto& runs = entry.runs;
  const auto find_by = [&](std::optional<model::Execs> wanted) {
    return std::find_if(runs.rbegin(), runs.rend(), [&](const Run& run) { return run.execs == wanted; });
  };
  if (const auto found = find_by(execs); found != runs.rend()) return *found;
  if (const auto found = find_by(std::nullopt); found != runs.rend()) {
    found->execs = execs;
    return *found;
  }
  const bool is_latest = static_cast<model::Execs>(execs - *runs.back().execs) < kMostExecs / 2;
  if (!is_latest) {
    if (!entry.older) entry.older = std::make_unique<Run>();
    return *entry.older;
  }
  Run run{execs, {}, nullptr, nullptr, nullptr};
  const auto read = entry.ended ? std::nullopt : reader_.read(entry.pid);
  if (read && may_be_of(read->start, model::start_mark(entry.start))) {
    run.comm = read->comm;
    run.program = account(read->program);
  }
  append(runs, std::move(run));
  return runs.back();
}

std::shared_ptr<const model::Process> ProcessTable::find(std::uint32_t pid, StartMark mark,
                                                         model::Execs execs) {
  Entry* entry = match(pid, mark);
  if (entry == nullptr) entry = read_from_proc(pid, mark);
  if (entry == nullptr) return nullptr;
  if (is_in_doubt(*entry)) refresh(*entry);
  return identity(*entry, mark == 0 ? entry->runs.back() : run_at(*entry, execs));
}

ProcessTable::Counts ProcessTable::counts() const { return {live_.size(), ended_.size(), evicted_}; }

}  // namespace tcptrail::enrich
