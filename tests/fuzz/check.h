#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace tcptrail::fuzz {

// Ends the program, which the fuzzer takes for a finding, unless what must hold does.
inline void check(bool holds, std::string_view what, std::string_view about) {
  if (holds) return;
  std::fprintf(stderr, "%.*s: %.*s\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(about.size()), about.data());
  std::abort();
}

}  // namespace tcptrail::fuzz
