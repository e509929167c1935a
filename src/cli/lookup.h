#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "model/filter.h"

// Names on the command line that the system knows by number. Every error names the value.
namespace tcptrail::cli {

// A user's name or number.
Result<std::uint32_t> lookup_uid(const std::string& user);
// The inode number of a network namespace: a path such as /run/netns/blue, an inode number, or "self".
Result<std::uint32_t> lookup_netns(const std::string& netns);
// A directory of the cgroup v2 tree: a full path, or one from the root of that tree.
Result<model::Cgroup> lookup_cgroup(const std::string& path);

}  // namespace tcptrail::cli
