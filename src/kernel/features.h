#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace tcptrail::kernel {

// What this kernel and this process's privileges offer to the hooks.
struct Features {
  bool btf = false;      // the kernel describes its own types
  bool tracefs = false;  // classic tracepoints can be found (not looked for where the rest is missing)
  std::vector<std::string> missing_capabilities;
};

// Looks, and mounts tracefs where it is missing. notices gets a line for each thing that was changed or
// could not be, for the user to read.
Features probe_features(std::vector<std::string>& notices);

// Refuses, saying what is missing and what to do, where no hook of any family could work.
Result<void> check_features(const Features& features);

}  // namespace tcptrail::kernel
