#include "support/kernel_test.h"

#include "support/family.h"
#include "support/shared_tracer.h"

namespace tcptrail::test {

const char* socket_events() {
  return sees_rejects() ? "attempt,connect,fail,pending,accept,close,listen,unlisten,reject"
                        : "attempt,connect,fail,pending,accept,close,listen,unlisten";
}

void KernelTest::SetUp() {
  TCPTRAIL_REQUIRE(lacks_tracing());
  namespace_ = std::make_unique<TestNamespace>();
}

Outcome KernelTest::trace_json(const std::vector<std::string>& more, const std::function<void()>& scenario) {
  std::vector<std::string> arguments{"-o", "json", "--netns", ns().inode_text()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return trace(arguments, [&] {
    scenario();
    ns().wait_until_quiet();
  });
}

Outcome KernelTest::trace_sockets(const std::function<void()>& scenario) {
  SharedTracer* const shared = SharedTracer::get();
  if (shared == nullptr) return trace_json({"-e", socket_events()}, scenario);
  return shared->trace(ns(), [&] {
    scenario();
    ns().wait_until_quiet();
  });
}

Outcome KernelTest::trace_process(const std::function<void()>& body) {
  return trace_sockets([&] { ns().spawn(body).join(); });
}

Outcome KernelTest::trace_from_the_middle(const std::function<void(const Pause&)>& body,
                                          const std::vector<std::string>& more) {
  const Gate ready, tracing;
  Child process = ns().spawn([&] {
    body([&] {
      ready.open();
      tracing.wait();
    });
  });
  ready.wait();
  return trace_json(more, [&] {
    tracing.open();
    process.join();
  });
}

}  // namespace tcptrail::test
