// The files that a tracer writes to.
#pragma once

#include <filesystem>
#include <string>

#include "base/unique_fd.h"

namespace tcptrail::bench {

UniqueFd create_file(const std::filesystem::path& path);

// The last one that is not empty.
std::string last_line_of(const std::filesystem::path& path);

}  // namespace tcptrail::bench
