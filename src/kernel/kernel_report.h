#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kernel/features.h"
#include "model/doctor_report.h"

namespace tcptrail::kernel {

// What kernel this is and what it offers, for people.
model::KernelReport report_kernel(const Features& features);

// "none [integrity] confidentiality", as the kernel shows its lockdown mode, → "integrity".
std::optional<std::string> parse_lockdown(std::string_view shown);

}  // namespace tcptrail::kernel
