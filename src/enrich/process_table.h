#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "enrich/proc_reader.h"
#include "model/news.h"
#include "model/process.h"

namespace tcptrail::enrich {

struct ProcessTableLimits {
  std::size_t live = 262'144;  // the one that began first gives way
  std::size_t ended = 16'384;  // kept for events that come late; the one that ended first goes
  // What they ran: arguments and paths may be long. Who ended gives way first; then what is run anew is not
  // known.
  std::size_t program_bytes = 128U << 20U;
  std::size_t unknown = 4096;  // asked for and not found, so that /proc is not read for each of their events
};

// Who each process is and was: kept from the kernel's news, begun from /proc, and asked by the process id and
// the mark of its start that events carry, so that a process is never taken for another that had its id
// before or after. What a process runs is kept over time: a connection belongs to the program that made it.
// Bounded. One thread.
class ProcessTable {
 public:
  struct Counts {
    std::size_t live = 0, ended = 0;
    std::uint64_t evicted = 0;  // live ones that gave way, or whose program did
  };

  // boot_time: when the clock of model::BootNs was 0, as wall-clock time; if not given, as it is when it is
  // needed.
  explicit ProcessTable(ProcReader reader = ProcReader(),
                        const ProcessTableLimits& limits = ProcessTableLimits{},
                        std::optional<UnixNs> boot_time = std::nullopt);

  // Reads all of /proc.
  void seed();
  void learn(const model::Forked& news);
  void learn(const model::Execed& news);
  void learn(const model::Exited& news);
  // Something was not told: what is known of processes is looked up in /proc again when they are next asked
  // for.
  void news_lost() { lost_ = true; }

  // The process as it was when it had executed that often. What it ran then is left out where nobody knows;
  // null where the process is not known. Mark 0: the kernel did not say; then the last one with that id, as
  // it is. A repeated question costs no allocation.
  std::shared_ptr<const model::Process> find(std::uint32_t pid, model::StartMark mark, model::Execs execs);
  Counts counts() const;

 private:
  // What it ran.
  struct Run {
    std::optional<model::Execs>
        execs;  // until it executed the next; of what /proc showed, not known at first
    model::Comm comm;
    std::shared_ptr<const model::Program> program;
    std::shared_ptr<const model::Process> identity;      // made when first asked for
    std::shared_ptr<const model::Ancestor> as_ancestor;  // made when it first forks
  };
  struct Entry {
    std::uint32_t pid = 0;
    model::BootNs start = 0;
    // As first known, and by the wall clock of that moment, so that it is told the same throughout.
    model::BootNs shown_start = 0;
    std::optional<UnixNs> shown_time;
    bool exact = false;  // the start is the kernel's; else /proc's, which is cut to a tick
    bool ended = false;
    std::uint32_t losses = 0;  // losses_ when this was last known to be right
    std::uint32_t parent_pid = 0;
    std::optional<std::uint32_t> ns_pid, session, loginuid;
    std::shared_ptr<const model::Ancestor> ancestors;
    std::vector<Run> runs;       // at least one, in order
    std::unique_ptr<Run> older;  // any that is forgotten: of it no program is known
  };
  using Entries = std::list<Entry>;
  using Place = Entries::iterator;
  // Asked for and not to be found, by the hash of both: one of a place at a time.
  struct Unknown {
    std::uint32_t pid = 0;
    model::StartMark mark = 0;
  };

  Entry* match(std::uint32_t pid, model::StartMark mark);
  Entry* parent_of(const model::ProcessState& state);
  Entry& insert(const model::ProcessState& state, bool exact, Entry* parent, Run run);
  Entry* known(const model::ProcessState& state);
  Entry* read_from_proc(std::uint32_t pid, model::StartMark mark);
  Entry* seed(std::uint32_t pid, int generations);
  void refresh(Entry& entry);
  // May drop ended ones: no Entry of those may be held meanwhile.
  std::shared_ptr<const model::Program> account(std::shared_ptr<const model::Program> program);
  void end(Place place);
  void drop(Entries& from);
  bool is_in_doubt(const Entry& entry);
  static std::shared_ptr<const model::Ancestor> as_ancestor(Entry& parent);
  Run& run_at(Entry& entry, model::Execs execs);
  std::shared_ptr<const model::Process> identity(Entry& entry, Run& run) const;

  ProcReader reader_;
  ProcessTableLimits limits_;
  std::optional<UnixNs> boot_time_;
  Entries live_, ended_;  // in the order in which they began, and ended
  std::unordered_multimap<std::uint32_t, Place> by_pid_;
  std::vector<Unknown> unknown_;
  std::shared_ptr<std::size_t> program_bytes_ = std::make_shared<std::size_t>(0);  // of all that are kept
  std::uint64_t evicted_ = 0;
  bool lost_ = false;  // since losses_ was counted up
  std::uint32_t losses_ =
      0;  // at most one a second, so that /proc is not read for each event while news is lost
  std::chrono::steady_clock::time_point losses_counted_;
};

}  // namespace tcptrail::enrich
