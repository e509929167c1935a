#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/unique_fd.h"
#include "model/news.h"

namespace tcptrail::enrich {

// The paths of cgroups (v2) by their ids, which are the inode numbers of their folders. Kept from a cgroup's
// creation, so that one that is gone is still named. Bounded. One thread.
class CgroupTable {
 public:
  static constexpr std::size_t kMost = 65'536;  // the one that was learnt first gives way

  // mount: where cgroup v2 is; empty: nowhere.
  explicit CgroupTable(std::string mount = mounted(), std::size_t most = kMost);
  // Where cgroup v2 is mounted, by this text of /proc/self/mountinfo.
  static std::string mount_in(std::string_view mountinfo);
  static std::string mounted();

  // Reads all that there are.
  void seed();
  void learn(const model::CgroupMade& news);
  // "/a/b", or null. One that is not known is asked for by its id; where that is not allowed, it is looked
  // for among all of them, at most once a second.
  std::shared_ptr<const std::string> find(std::uint64_t id);
  std::size_t size() const { return paths_.size(); }

 private:
  void put(std::uint64_t id, std::string path);
  // As paths of cgroups are told: from the mount on.
  std::string from_mount(const std::string& path) const;
  // What the kernel says of a cgroup that is there; "" where there is none; nullopt where it cannot be asked.
  std::optional<std::string> ask(std::uint64_t id) const;

  std::string mount_;
  UniqueFd folder_;  // the mount, if it is of cgroup v2
  std::size_t most_;
  std::unordered_map<std::uint64_t, std::shared_ptr<const std::string>> paths_;
  std::deque<std::uint64_t> order_;     // in which they were learnt
  std::vector<std::uint64_t> unknown_;  // looked for in vain, by their hash
  std::chrono::steady_clock::time_point looked_;
};

}  // namespace tcptrail::enrich
