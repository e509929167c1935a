#pragma once

#include <string>

#include "model/doctor_report.h"

namespace tcptrail::format {

// The report for a person at a terminal.
std::string doctor_table(const model::DoctorReport& report);

}  // namespace tcptrail::format
