// The one way in which a failed system call is told in bench/: an exception. A bench has no use for half a
// result, so any failure ends the run, and unwinding is what ends the tracers and the load.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

namespace tcptrail::bench {

// Returns what the call returned; throws std::system_error from errno where that is negative.
template <typename T>
T check(T returned, const std::string& what) {
  if (returned < 0) throw std::system_error(errno, std::generic_category(), what);
  return returned;
}

}  // namespace tcptrail::bench
