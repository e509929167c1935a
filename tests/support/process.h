#pragma once
// Child processes of a test, by fork(): each has a deadline, and none outlives its owner.

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "support/posix.h"

namespace tcptrail::test {

class Child {
 public:
  Child() = default;
  Child(pid_t pid, UniqueFd errors);
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();  // SIGKILL if it was not joined

  pid_t pid() const { return pid_; }
  void join();  // throws what the child threw, or if it has not ended in time
  void send_signal(int signal) const;
  void kill_and_reap();  // SIGKILL; its end is no failure

 private:
  pid_t pid_ = -1;
  UniqueFd pidfd_;
  UniqueFd errors_;
};

// Runs `body` in a fork of this process. What it throws reaches the parent at join().
Child spawn(const std::function<void()>& body);

// Runs `body` in a child that clone() makes with `flags`, as CLONE_VM: it may share with the caller what a
// fork() does not. Joins it.
void run_in_clone(int flags, const std::function<void()>& body);

// For the calling process, for good: a user without any privilege.
void become_nobody();

// The exit status of a process that is known by its pidfd; -1 if it has not ended in time.
int wait_status(pid_t pid, int pidfd, Seconds timeout);
UniqueFd open_pidfd(pid_t pid);

}  // namespace tcptrail::test
