#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "kernel/hook_catalog.h"

namespace CLI {
class App;
}

namespace tcptrail::cli {

struct DoctorOptions {
  std::optional<kernel::Backend> hooks;
  bool json = false;
  bool self_test = false;
};

// Declares the options on the command; all but hooks, which is left as text, are filled in when it parses.
void declare_doctor_options(CLI::App& command, DoctorOptions& options, std::string& hooks);

// Prints on stdout what this kernel can do: which hook serves each event, and what speaks against the others.
// An error after that says what does not work.
Result<void> doctor(const DoctorOptions& options);

}  // namespace tcptrail::cli
