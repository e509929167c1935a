#pragma once
// The fixture of the kernel ring: a network namespace of the test's own, traced from outside.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "support/expect.h"
#include "support/net_namespace.h"
#include "support/prerequisites.h"
#include "support/process.h"
#include "support/shared.h"
#include "support/sockets.h"
#include "support/tracer.h"

namespace tcptrail::test {

// Every kind that sockets cause; not `all`, which may come to hold kinds that processes cause. Without reject
// where the family under test cannot tell of it.
const char* socket_events();

class KernelTest : public ::testing::Test {
 protected:
  void SetUp() override;

  TestNamespace& ns() { return *namespace_; }

  // "-o json" of this namespace with `more`, from before `scenario` until its sockets are gone.
  Outcome trace_json(const std::vector<std::string>& more, const std::function<void()>& scenario);
  Outcome trace_sockets(const std::function<void()>& scenario);
  // As trace_json, the scenario being one process in the namespace.
  Outcome trace_process(const std::function<void()>& body);

  // As trace_process, the process having begun before the tracing: `until_traced` returns when that has
  // begun.
  using Pause = std::function<void()>;
  Outcome trace_from_the_middle(const std::function<void(const Pause& until_traced)>& body,
                                const std::vector<std::string>& more = {"-e", socket_events()});
  // exactly(), where sockets are older than the tracing.
  static ::testing::AssertionResult exactly_so(const Outcome& outcome,
                                               const std::vector<Expected>& expected) {
    return exactly(outcome, expected, {.older_sockets = true});
  }

 private:
  std::unique_ptr<TestNamespace> namespace_;
};

}  // namespace tcptrail::test
