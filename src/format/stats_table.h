#pragma once

#include <string>

#include "model/kind.h"

namespace tcptrail::format {

// The accounting as a table, a line for each kind that was asked for.
std::string stats_table(const model::Accounting& accounting);

}  // namespace tcptrail::format
