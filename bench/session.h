// One tracer at work: started, proved to be attached, given loads, ended.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>

#include "bpf_run_time.h"
#include "loopback.h"
#include "output.h"
#include "process.h"
#include "readiness.h"
#include "tracers.h"

namespace tcptrail::bench {

struct Workplace {
  std::filesystem::path load_program;
  std::uint16_t load_port = 0;
  std::filesystem::path directory;  // for the tracers' output; removed at the end
};

// A tracer that does not do its part: what is told is about it, and the others can still be measured.
struct TracerFailed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

Process start_load(const Workplace& place, const LoadPlan& plan, int standard_output = -1);

class Session {
 public:
  // Returns once the tracer is attached and has seen a few connections. Throws TracerFailed.
  Session(const Tracer& tracer, const Workplace& place);

  // Runs a load to its end, at so many connections per second (0: as many as are possible); calls each_tick
  // about every 20 ms meanwhile.
  LoadResult load(std::uint64_t connections, std::uint64_t rate = 0,
                  const std::function<void()>& each_tick = {});
  // Waits until the tracer has read all that is left of a load.
  void settle();
  // Ends the tracer, which thereby writes the rest.
  Printed finish();

  [[nodiscard]] const Programs& programs() const { return empty_ ? empty_->programs() : programs_; }
  [[nodiscard]] std::optional<pid_t> pid() const;
  // The lines that the tracer should have printed about all loads so far.
  [[nodiscard]] std::uint64_t owed_lines() const { return owed_lines_; }
  // Negative: it printed more than it should.
  [[nodiscard]] std::int64_t missing_lines(const Printed& printed) const {
    return static_cast<std::int64_t>(owed_lines_) - static_cast<std::int64_t>(printed.load_lines);
  }

 private:
  void start_process();
  void prove_attached();
  [[noreturn]] void fail(const std::string& what);

  const Tracer& tracer_;
  const Workplace& place_;
  std::filesystem::path output_, errors_;
  std::optional<Process> process_;
  std::optional<EmptyProgram> empty_;
  Programs programs_;
  std::uint64_t owed_lines_ = 0;
};

}  // namespace tcptrail::bench
