#pragma once
// One tracer for the scenarios of all test programs, where a start of it takes long (emulated machines). Who
// runs the tests starts it with "-o json --names -e" and socket_events() (kernel_test.h), and sees that it
// ends well: tests/vm/run_suite does.

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "support/net_namespace.h"
#include "support/tracer.h"

namespace tcptrail::test {

class SharedTracer {
 public:
  // Null unless $TCPTRAIL_SHARED_TRACER names the file that such a tracer writes: each scenario has a tracer
  // of its own then.
  static SharedTracer* get();

  // What a tracer of its own would have told of `scenario` in this namespace: the lines of the namespace, and
  // losses; `seq` counts them.
  Outcome trace(const TestNamespace& ns, const std::function<void()>& scenario);

 private:
  explicit SharedTracer(const std::string& stream);
  std::string told_since(off_t begin) const;  // whole lines
  off_t sync();                               // until all that happened is told; where the stream ends then

  UniqueFd stream_;
  off_t end_ = 0;
  TestNamespace markers_;
  std::vector<UniqueFd> used_;  // the namespaces so far, so that no inode is used again
};

}  // namespace tcptrail::test
