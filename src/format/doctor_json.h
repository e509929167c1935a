#pragma once

#include <string>

#include "model/doctor_report.h"

namespace tcptrail::format {

// The report for a program: one JSON object on one line. What is not known is absent.
std::string doctor_json(const model::DoctorReport& report);

}  // namespace tcptrail::format
