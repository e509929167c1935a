#pragma once
// Programs of the tests that are no tests themselves: what makes the traffic in a guest, the soak.

#include <cstdio>
#include <exception>

namespace tcptrail::test {

// The exit code: what `body` returns, or 1 where it throws, which is told.
template <typename Body>
int run_program(const char* name, Body body) {
  try {
    return body();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", name, error.what());
    return 1;
  }
}

}  // namespace tcptrail::test
