#pragma once
// What the tracer takes of the machine while it runs, and what it still remembers when it need not.

#include <cstdint>
#include <set>
#include <string>

#include "support/tracer_maps.h"

namespace tcptrail::test::soak {

class Watch {
 public:
  explicit Watch(pid_t tracer) : tracer_(tracer) { begin(); }

  void begin();   // anew, when it is warm: from here on it must stay as it is
  void sample();  // throws if the tracer has ended

  // Empty, or what it took more of.
  std::string complaint() const;
  std::string text() const;

 private:
  struct Sample {
    std::int64_t kib;  // RssAnon
    std::int64_t descriptors;
    std::int64_t starts;  // of processes, on the whole machine, as the tracer knows all of them
  };
  Sample take() const;

  pid_t tracer_;
  Sample first_{}, last_{};
  std::int64_t fewest_descriptors_ = 0, most_descriptors_ = 0;
};

// Empty, or what is remembered although nothing is left of it: of these namespaces, and of threads that
// ended.
std::string remembered(const TracerMaps& maps, const std::set<std::uint64_t>& namespaces);

}  // namespace tcptrail::test::soak
