#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/result.h"

namespace tcptrail::test {

// EXPECT_TRUE(succeeded(result)): a failure shows the error's message.
template <typename T>
testing::AssertionResult succeeded(const Result<T>& result) {
  if (result) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "it failed: " << result.error().message;
}

// EXPECT_TRUE(refused(result, code, {"part", …})): an error with this code whose message has every part.
template <typename T>
testing::AssertionResult refused(const Result<T>& result, ErrorCode code,
                                 std::initializer_list<std::string> parts) {
  if (result) return testing::AssertionFailure() << "it succeeded";
  const Error& error = result.error();
  if (error.code != code) {
    return testing::AssertionFailure() << "the error's code is " << static_cast<int>(error.code) << ", not "
                                       << static_cast<int>(code) << "; it says: " << error.message;
  }
  for (const std::string& part : parts) {
    if (error.message.find(part) == std::string::npos) {
      return testing::AssertionFailure() << "there is no \"" << part << "\" in: " << error.message;
    }
  }
  return testing::AssertionSuccess();
}

}  // namespace tcptrail::test
