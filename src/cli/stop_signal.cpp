#include "cli/stop_signal.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstring>

namespace tcptrail::cli {
namespace {

bool watch(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  return fd >= 0 && ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

UniqueFd make_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  return UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

UniqueFd make_timer(double seconds) {
  UniqueFd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  itimerspec when{};
  const double whole = std::floor(seconds);
  when.it_value.tv_sec = static_cast<time_t>(whole);
  when.it_value.tv_nsec = static_cast<long>((seconds - whole) * 1e9);
  if (when.it_value.tv_sec == 0 && when.it_value.tv_nsec == 0)
    when.it_value.tv_nsec = 1;  // 0 would disarm it
  ::timerfd_settime(timer.get(), 0, &when, nullptr);
  return timer;
}

}  // namespace

Result<StopSignal> StopSignal::make(std::optional<double> after_seconds) {
  StopSignal stop;
  stop.any_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  stop.signals_ = make_signals();
  bool ready = watch(stop.any_.get(), stop.signals_.get());
  if (after_seconds) {
    stop.timer_ = make_timer(*after_seconds);
    ready = ready && watch(stop.any_.get(), stop.timer_.get());
  }
  if (!ready)
    return fail(ErrorCode::kFailed, fmt::format("cannot wait for signals: {}", std::strerror(errno)));
  return stop;
}

}  // namespace tcptrail::cli
