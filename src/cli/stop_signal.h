#pragma once

#include <optional>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tcptrail::cli {

// SIGINT, SIGTERM, SIGHUP and a time limit as one descriptor that becomes, and stays, readable. From its
// making on these signals no longer end the process by themselves.
class StopSignal {
 public:
  static Result<StopSignal> make(std::optional<double> after_seconds);
  int fd() const { return any_.get(); }

 private:
  UniqueFd signals_, timer_, any_;
};

}  // namespace tcptrail::cli
