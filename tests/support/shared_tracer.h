#pragma once
// One tracer for all the scenarios of a test program, where a start of it takes long (emulated machines).

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "support/net_namespace.h"
#include "support/tracer.h"

namespace tcptrail::test {

class SharedTracer {
 public:
  // Null unless $TCPTRAIL_SHARED_TRACER is set: each scenario has a tracer of its own then. The first call starts
  // it; it is stopped, and must have run well, at the end of the test program.
  static SharedTracer* get();

  // What a tracer of its own would have told of `scenario` in this namespace: the lines of the namespace, and
  // losses; `seq` counts them.
  Outcome trace(const TestNamespace& ns, const std::function<void()>& scenario);

 private:
  friend class SharedTracerEnd;
  SharedTracer();
  std::size_t sync();  // until all that happened is told; where the output ends then

  TestNamespace markers_;
  std::vector<UniqueFd> used_;  // the namespaces so far, so that no inode is used again
  std::ptrdiff_t markers_made_ = 0;
  Tracer tracer_;
};

}  // namespace tcptrail::test
