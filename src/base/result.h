#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace tcptrail {

enum class ErrorCode {
  kFailed,  // something went wrong while running
  kUsage,   // the command line, or a file that it names, is wrong
  kDenied,  // the kernel or the privileges do not allow it
};

// What went wrong, where, and what to do about it, for the person who reads it.
struct Error {
  ErrorCode code = ErrorCode::kFailed;
  std::string message;
};

template <typename T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

}  // namespace tcptrail
