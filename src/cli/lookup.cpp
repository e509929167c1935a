#include "cli/lookup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <mntent.h>
#include <pwd.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

#include "abi/config.h"
#include "base/text.h"
#include "base/unique_fd.h"

namespace tcptrail::cli {
namespace {

// The running value of each statement's errno, as text for the user.
tl::unexpected<Error> refuse(const char* option, const std::string& value, const std::string& why) {
  return fail(ErrorCode::kUsage, fmt::format("{} '{}': {}", option, escape_text(value), why));
}

bool is_on(int fd, long filesystem) {
  struct statfs status {};
  return ::fstatfs(fd, &status) == 0 && status.f_type == filesystem;
}

std::optional<std::string> cgroup2_mount() {
  const std::unique_ptr<FILE, int (*)(FILE*)> mounts(setmntent("/proc/self/mounts", "re"), &endmntent);
  if (!mounts) return std::nullopt;
  mntent entry{};
  char strings[4096];
  while (getmntent_r(mounts.get(), &entry, strings, sizeof(strings)) != nullptr) {
    if (std::strcmp(entry.mnt_type, "cgroup2") == 0) return std::string(entry.mnt_dir);
  }
  return std::nullopt;
}

std::string real_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr), &std::free);
  return resolved ? std::string(resolved.get()) : std::string();
}

}  // namespace

Result<std::uint32_t> lookup_uid(const std::string& user) {
  if (const auto number = parse_number<std::uint32_t>(user)) return *number;
  errno = 0;
  const passwd* const entry = ::getpwnam(user.c_str());
  if (entry == nullptr) return refuse("--uid", user, "no such user");
  return entry->pw_uid;
}

Result<std::uint32_t> lookup_netns(const std::string& netns) {
  if (const auto inode = parse_number<std::uint32_t>(netns)) {
    if (*inode != 0) return *inode;
    return refuse("--netns", netns, "not the inode number of a network namespace");
  }
  const std::string path = netns == "self" ? "/proc/self/ns/net" : netns;
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return refuse("--netns", netns, std::strerror(errno));
  struct stat status {};
  if (!is_on(fd.get(), NSFS_MAGIC) || ::ioctl(fd.get(), NS_GET_NSTYPE) != CLONE_NEWNET ||
      ::fstat(fd.get(), &status) != 0) {
    return refuse("--netns", netns,
                  "not a network namespace (expected a file such as /run/netns/NAME or /proc/PID/ns/net)");
  }
  return static_cast<std::uint32_t>(status.st_ino);
}

Result<model::Cgroup> lookup_cgroup(const std::string& path) {
  if (path.empty()) return refuse("--cgroup", path, "expected a directory of the cgroup v2 tree");
  const auto root = cgroup2_mount();
  if (!root) {
    return refuse("--cgroup", path,
                  "no cgroup v2 tree is mounted (mount -t cgroup2 none /sys/fs/cgroup/unified)");
  }
  std::string full = real_path(path);
  UniqueFd fd(full.empty() ? -1 : ::open(full.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || !is_on(fd.get(), CGROUP2_SUPER_MAGIC)) {  // perhaps it is meant from the root of the tree
    full = real_path(*root + "/" + path);
    fd = UniqueFd(full.empty() ? -1 : ::open(full.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  struct stat status {};
  if (!fd || !is_on(fd.get(), CGROUP2_SUPER_MAGIC) || ::fstat(fd.get(), &status) != 0) {
    return refuse("--cgroup", path, fmt::format("no such directory in the cgroup v2 tree on {}", *root));
  }
  const std::string below = full.substr(std::min(full.size(), real_path(*root).size()));
  const auto depth = static_cast<std::uint32_t>(std::count(below.begin(), below.end(), '/'));
  if (depth > TT_CGROUP_DEPTH)
    return refuse("--cgroup", path, fmt::format("deeper than {} levels", TT_CGROUP_DEPTH));
  return model::Cgroup{status.st_ino, depth};
}

}  // namespace tcptrail::cli
