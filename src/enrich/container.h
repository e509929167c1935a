#pragma once

#include <optional>
#include <string_view>

#include "model/process.h"

namespace tcptrail::enrich {

// The container that a cgroup's path names (v1 or v2, as /proc/PID/cgroup has it), by the names that runtimes
// give to the cgroups of their containers; the innermost, where one runs in another. Nothing where none is
// recognised. The path is not trusted.
std::optional<model::Container> container_of(std::string_view cgroup_path);

}  // namespace tcptrail::enrich
