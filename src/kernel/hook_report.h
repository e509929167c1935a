#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "kernel/hook_plan.h"
#include "model/doctor_report.h"

namespace tcptrail::kernel {

// Where each program of the BPF object is attached, such as "fexit/__sys_connect_file", by the program's
// name.
using AttachPoints = std::map<std::string, std::string, std::less<>>;
// As the object itself says. Takes no privileges.
AttachPoints attach_points();

// A pure function: how each event of the catalog is served under this plan for all kinds. A rejected variant
// that is spare must have been tried.
std::vector<model::EventReport> report_plan(const std::vector<Hook>& catalog, const Plan& plan,
                                            const AttachPoints& points);
// The same where nothing could be tried, and why.
std::vector<model::EventReport> report_untried(const std::vector<Hook>& catalog, const std::string& why,
                                               const AttachPoints& points);

}  // namespace tcptrail::kernel
