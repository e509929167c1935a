#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "kernel/features.h"
#include "kernel/hook_catalog.h"
#include "model/doctor_report.h"

namespace tcptrail::cli {

// Traces loopback connections of its own making, with the hooks that tracing would use, and waits for each
// event that must come of them: at most 15 s after the last deed.
Result<std::vector<model::SelfTestReport>> self_test(const kernel::Features& features,
                                                     std::optional<kernel::Backend> only);

}  // namespace tcptrail::cli
