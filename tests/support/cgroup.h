#pragma once
// cgroups (v2) of the test's own, and a program that denies every connect() in one of them.

#include <cstdint>
#include <optional>
#include <string>

#include "support/posix.h"

namespace tcptrail::test {

// Where cgroup v2 is mounted; where it is not, it is mounted for this process alone. Empty if that is
// impossible.
std::optional<std::string> unified_cgroup_mount();

// The id (inode) of the calling process's own cgroup; 0 without cgroup v2.
std::uint64_t current_cgroup_id();

class TestCgroup {
 public:
  TestCgroup();  // beside no one else's: directly under the mount point, never the root itself
  TestCgroup(const TestCgroup& parent, const std::string& name);
  TestCgroup(const TestCgroup&) = delete;
  TestCgroup& operator=(const TestCgroup&) = delete;
  ~TestCgroup();

  const std::string& path() const { return path_; }
  std::uint64_t id() const;
  void enter() const;  // the calling process, with all its threads

 private:
  void make();
  std::string path_;
};

// While it lives, connect() of IPv4 and IPv6 sockets in `cgroup` fails with EPERM.
class ConnectDenial {
 public:
  explicit ConnectDenial(const TestCgroup& cgroup);  // throws std::system_error where the kernel refuses
  ~ConnectDenial();
  ConnectDenial(const ConnectDenial&) = delete;
  ConnectDenial& operator=(const ConnectDenial&) = delete;

 private:
  UniqueFd cgroup_;
  UniqueFd ipv4_;
  UniqueFd ipv6_;
};

}  // namespace tcptrail::test
