#include "support/process.h"

#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <stdexcept>
#include <utility>

namespace tcptrail::test {
namespace {

constexpr Seconds kChildLimit{35};

[[noreturn]] void run_child(const std::function<void()>& body, int errors) {
  // A child of a killed test must not stay; alarm() bounds a child that waits for something that never comes.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::alarm(static_cast<unsigned>(patiently(kChildLimit).count()));
  try {
    body();
  } catch (const std::exception& error) {
    const std::string_view text = error.what();
    if (::write(errors, text.data(), text.size()) < 0) ::_exit(2);
    ::_exit(1);
  }
  ::_exit(0);
}

}  // namespace

// glibc 2.36 declares pidfd_open() for C alone.
UniqueFd open_pidfd(pid_t pid) {
  return UniqueFd(static_cast<int>(check(::syscall(SYS_pidfd_open, pid, 0), "pidfd_open")));
}

void become_nobody() {
  constexpr unsigned kNobody = 65534;
  check(::setgroups(0, nullptr), "setgroups");
  check(::setresgid(kNobody, kNobody, kNobody), "setresgid");
  check(::setresuid(kNobody, kNobody, kNobody), "setresuid");
}

int wait_status(pid_t pid, int pidfd, Seconds timeout) {
  if (!poll_for(pidfd, POLLIN, timeout)) return -1;
  int status = 0;
  check(::waitpid(pid, &status, 0), "waitpid");
  return status;
}

Child spawn(const std::function<void()>& body) {
  Pipe errors = Pipe::make();
  const pid_t pid = check(::fork(), "fork");
  if (pid == 0) run_child(body, errors.write_end.get());
  return {pid, std::move(errors.read_end)};
}

void run_in_clone(int flags, const std::function<void()>& body) {
  struct Start {
    const std::function<void()>& body;
    Pipe errors;
  };
  constexpr std::size_t kStackSize = 256 << 10;
  Start start{body, Pipe::make()};
  std::vector<char> stack(kStackSize);
  const auto run = [](void* given) {
    const auto* to_run = static_cast<const Start*>(given);
    run_child(to_run->body, to_run->errors.write_end.get());
    return 0;
  };
  // Memory that both share outlives the child: this function returns after it.
  const pid_t pid = check(::clone(run, stack.data() + stack.size(), flags | SIGCHLD, &start), "clone");
  Child(pid, std::move(start.errors.read_end)).join();
}

Child::Child(pid_t pid, UniqueFd errors) : pid_(pid), pidfd_(open_pidfd(pid)), errors_(std::move(errors)) {}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::move(other.pidfd_)),
      errors_(std::move(other.errors_)) {}

Child& Child::operator=(Child&& other) noexcept {
  if (this != &other) {
    if (pidfd_) kill_and_reap();
    pid_ = std::exchange(other.pid_, -1);
    pidfd_ = std::move(other.pidfd_);
    errors_ = std::move(other.errors_);
  }
  return *this;
}

Child::~Child() {
  if (pidfd_) kill_and_reap();
}

void Child::join() {
  const int status = wait_status(pid_, pidfd_.get(), kChildLimit + Seconds(5));
  if (status == -1) throw std::runtime_error("a scenario's process did not end");
  pidfd_.reset();
  if (status == 0) return;
  std::string text;
  char chunk[512];
  if (WIFEXITED(status) && WEXITSTATUS(status) == 1) {
    const auto got = ::read(errors_.get(), chunk, sizeof chunk);
    if (got > 0) text.assign(chunk, static_cast<std::size_t>(got));
  }
  throw std::runtime_error("a scenario's process failed (wait status " + std::to_string(status) +
                           "): " + text);
}

void Child::send_signal(int signal) const { check(::kill(pid_, signal), "kill"); }

void Child::kill_and_reap() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pidfd_.reset();
}

}  // namespace tcptrail::test
