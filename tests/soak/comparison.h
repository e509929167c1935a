#pragma once
// What the traffic made against what the tracer's lines tell.

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "happening.h"
#include "traffic.h"

namespace tcptrail::test::soak {

// Whose events are the soak's own, among all of the machine's. An inode number, as a process id, may be
// someone else's a moment later, so it alone proves nothing.
class Ownership {
 public:
  Ownership(const Tally& made, Ports ports);
  bool covers(const Happening& happening) const;

 private:
  std::set<std::uint64_t> namespaces_;
  std::set<pid_t> pids_;
  Ports ports_;
};

struct Comparison {
  std::int64_t told = 0;  // of what was made
  std::int64_t lost = 0;  // of all that happened on the machine, by the tracer's account
  std::vector<std::string> differences;
  std::vector<std::string> explained;  // differences that those account for
};

// `path`: the lines of `-o json --stats`. Throws if they are not that.
Comparison compare(const Tally& expected, const Ownership& ownership, const std::string& path);

}  // namespace tcptrail::test::soak
