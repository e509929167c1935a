#include "process.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "check.h"

namespace tcptrail::bench {
namespace {

using namespace std::chrono_literals;

volatile std::sig_atomic_t g_interrupted = 0;

void on_interrupt(int) { g_interrupted = 1; }

[[noreturn]] void execute(const Command& command, pid_t parent) {
  // The bench may be killed with no chance to end its tracers; the kernel then does.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) std::_Exit(127);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(null, STDIN_FILENO);
  ::dup2(command.standard_output >= 0 ? command.standard_output : null, STDOUT_FILENO);
  if (command.standard_error >= 0) ::dup2(command.standard_error, STDERR_FILENO);
  for (const auto& variable : command.environment) ::putenv(const_cast<char*>(variable.c_str()));
  std::vector<char*> arguments;
  for (const auto& argument : command.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  std::_Exit(127);
}

}  // namespace

Process::Process(const Command& command) {
  const pid_t parent = ::getpid();
  pid_ = check(::fork(), "fork");
  if (pid_ == 0) execute(command, parent);
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), status_(std::exchange(other.status_, std::nullopt)) {}

Process::~Process() {
  if (pid_ > 0) stop();
}

bool Process::ended() {
  if (status_) return true;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
  status_ = status;
  return true;
}

std::optional<int> Process::wait_for(std::chrono::milliseconds limit) {
  // Not pause(): a tracer is also waited for while an interruption unwinds.
  for (const auto deadline = std::chrono::steady_clock::now() + limit; !ended();) {
    if (std::chrono::steady_clock::now() >= deadline) return std::nullopt;
    std::this_thread::sleep_for(2ms);
  }
  return status_;
}

int Process::stop() {
  struct Step {
    int signal;
    std::chrono::milliseconds patience;
  };
  for (const auto& step : {Step{SIGINT, 20s}, Step{SIGTERM, 2s}, Step{SIGKILL, 5s}}) {
    if (ended()) break;
    ::kill(pid_, step.signal);
    wait_for(step.patience);
  }
  return status_.value_or(-1);
}

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

void pause(std::chrono::milliseconds duration) {
  std::this_thread::sleep_for(duration);
  if (g_interrupted != 0) throw Interrupted{};
}

double cpu_seconds(pid_t pid) {
  clockid_t clock = 0;
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

Memory memory_of(pid_t pid) {
  Memory memory;
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string word; status >> word;) {
    if (word == "VmHWM:") status >> memory.peak_rss_kib;
    if (word == "RssAnon:") status >> memory.anonymous_kib;
  }
  return memory;
}

std::string describe_status(int wait_status) {
  if (WIFSIGNALED(wait_status)) return fmt::format("signal {}", WTERMSIG(wait_status));
  return fmt::format("exit code {}", WEXITSTATUS(wait_status));
}

}  // namespace tcptrail::bench
