// When a freshly started tracer may be given its load, and when it has caught up with one.
#pragma once

#include <filesystem>
#include <string>

#include "base/unique_fd.h"
#include "process.h"

namespace tcptrail::bench {

// The receiving end of systemd's readiness protocol.
class NotifySocket {
 public:
  explicit NotifySocket(std::filesystem::path path);
  ~NotifySocket();
  NotifySocket(NotifySocket&&) = delete;
  NotifySocket& operator=(NotifySocket&&) = delete;
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  [[nodiscard]] std::string variable() const { return "NOTIFY_SOCKET=" + path_.string(); }
  // False if the tracer ended or said nothing in time.
  bool wait_for_ready(Process& tracer, std::chrono::milliseconds limit) const;

 private:
  std::filesystem::path path_;
  UniqueFd socket_;
};

// True once the process used almost no CPU for a tenth of a second: it sits in its poll loop, with nothing
// left to read. False at the limit, or if it ended.
bool wait_until_idle(Process& process, std::chrono::milliseconds limit);

}  // namespace tcptrail::bench
