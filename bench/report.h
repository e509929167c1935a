// From measurements to a table.
#pragma once

#include <string>
#include <vector>

#include "goals.h"
#include "measure.h"

namespace tcptrail::bench {

// For a terminal: columns aligned. For a document: Markdown, with the machine and the command that made it.
std::string text_report(const std::vector<Measurement>& measurements, const std::vector<JudgedGoal>& goals);
std::string markdown_report(const std::vector<Measurement>& measurements,
                            const std::vector<JudgedGoal>& goals, const Settings& settings,
                            const std::string& command);

}  // namespace tcptrail::bench
