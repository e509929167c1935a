#include "support/shared_tracer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "support/kernel_test.h"
#include "support/load.h"

namespace tcptrail::test {
namespace {

std::unique_ptr<SharedTracer>& instance() {
  static std::unique_ptr<SharedTracer> tracer;
  return tracer;
}

bool is_about(const std::string& line, const TestNamespace& ns) {
  const std::string field = "\"netns\":" + ns.inode_text();  // the last one of a reject
  return line.find(field + ",") != std::string::npos || line.find(field + "}") != std::string::npos;
}

bool is_loss(const std::string& line) { return line.find("\"event\":\"lost\"") != std::string::npos; }

std::string with_seq(std::string line, std::size_t seq) {
  static constexpr std::string_view kName = "\"seq\":";
  const auto number = line.find(kName) + kName.size();
  const auto end = line.find_first_not_of("0123456789", number);
  return line.replace(number, end - number, std::to_string(seq));
}

}  // namespace

// A tracer that ended badly, or complained, fails the program even if each scenario got its lines.
class SharedTracerEnd : public ::testing::Environment {
 public:
  void TearDown() override {
    const Outcome outcome = instance()->tracer_.stop();
    instance().reset();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.report();
    EXPECT_EQ(outcome.complaints(), "") << outcome.report();
  }
};

SharedTracer* SharedTracer::get() {
  if (std::getenv("TCPTRAIL_SHARED_TRACER") == nullptr) return nullptr;
  if (!instance()) {
    instance().reset(new SharedTracer);
    ::testing::AddGlobalTestEnvironment(new SharedTracerEnd);
  }
  return instance().get();
}

SharedTracer::SharedTracer() : tracer_({.arguments = {"-o", "json", "-e", kSocketEvents}}) {
  tracer_.wait_ready();
}

// The stream has one order, so all that came before a marker is there once the marker is.
std::size_t SharedTracer::sync() {
  make_refused_attempt(markers_);
  ++markers_made_;
  std::string output;
  const bool arrived = eventually(Seconds(20), [&] {
    output = tracer_.output();
    output.resize(output.rfind('\n') + 1);
    const auto lines = lines_of(output);
    return markers_made_ == std::count_if(lines.begin(), lines.end(), [&](const std::string& line) {
             return is_about(line, markers_) && line.find("\"event\":\"fail\"") != std::string::npos;
           });
  });
  demand(arrived, "the shared tracer did not tell a marker in time");
  return output.size();
}

Outcome SharedTracer::trace(const TestNamespace& ns, const std::function<void()>& scenario) {
  used_.emplace_back(check(::dup(ns.descriptor()), "dup"));
  const std::size_t begin = sync();
  scenario();
  const std::size_t end = sync();

  Outcome outcome;
  outcome.in_time = true;
  outcome.exit_code = 0;
  for (const std::string& line : lines_of(tracer_.output().substr(begin, end - begin))) {
    if (is_about(line, ns) || is_loss(line))
      outcome.lines.push_back(with_seq(line, outcome.lines.size() + 1));
  }
  for (const std::string& line : outcome.lines) outcome.output += line + "\n";
  return outcome;
}

}  // namespace tcptrail::test
