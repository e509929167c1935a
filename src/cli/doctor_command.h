#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "kernel/hook_catalog.h"

namespace tcptrail::cli {

struct DoctorOptions {
  std::optional<kernel::Backend> hooks;
  bool json = false;
  bool self_test = false;
};

// Prints on stdout what this kernel can do: which hook serves each event, and what speaks against the others.
// An error after that says what does not work.
Result<void> doctor(const DoctorOptions& options);

}  // namespace tcptrail::cli
