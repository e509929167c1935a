#pragma once
// The program under test as a subprocess: started, awaited, ended, and what it said.

#include <signal.h>
#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "support/event.h"
#include "support/posix.h"

namespace tcptrail::test {

// Its path: $TCPTRAIL, or the one that lies beside the test program.
std::string program_under_test();

// What a run of the program left behind.
struct Outcome {
  bool in_time = false;  // it ended within the limit; otherwise it was killed
  int exit_code = -1;    // -1: killed by a signal
  std::vector<std::string> lines;
  std::string output;
  std::string errors;

  std::vector<Event> events() const { return parse_events(lines); }
  // stderr without the notice that tracefs had to be mounted, which the first run after a boot may give, and
  // without what --stats says of processes that were not told (from Linux 7.0 a program may be skipped).
  std::string complaints() const;
  std::string report() const;  // all of it, for a failing test's message
};

struct TracerOptions {
  std::vector<std::string> arguments;
  // Runs in the new process just before exec.
  std::function<void()> prepare = [] {};
  // Where stdout goes; -1: captured.
  int standard_output = -1;
  // Features of the kernel to do without, besides those that $TCPTRAIL_WITHOUT names for the whole run.
  std::string without = {};
  // Executes the program by descriptor: for a user who may not walk the path to it.
  bool by_descriptor = false;
};

class Tracer {
 public:
  explicit Tracer(const TracerOptions& options);
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;
  ~Tracer();

  // Until all its hooks are attached, by the systemd notify protocol; throws if it ends before or takes 20 s.
  void wait_ready();
  pid_t pid() const { return pid_; }
  std::string output() const;
  void send_signal(int signal) const;

  Outcome stop(int signal = SIGINT);
  Outcome wait_exit(Seconds limit = Seconds(10));

 private:
  [[noreturn]] void execute(const TracerOptions& options, int program) const;
  void reap(Outcome& outcome, Seconds limit);

  std::string folder_;
  UniqueFd notify_;
  UniqueFd output_;
  UniqueFd errors_;
  UniqueFd pidfd_;
  pid_t pid_ = -1;
};

std::vector<std::string> lines_of(const std::string& text);

// Traces `scenario` with `arguments` from the first hook to SIGINT.
Outcome trace(const std::vector<std::string>& arguments, const std::function<void()>& scenario);

}  // namespace tcptrail::test
