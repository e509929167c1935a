#include "cli/event_filter.h"

#include <fnmatch.h>

#include <algorithm>
#include <string>
#include <vector>

namespace tcptrail::cli {
namespace {

using model::Event;
using Patterns = std::vector<std::string>;

bool matches(const std::string& pattern, const char* text, int flags = 0) {
  return ::fnmatch(pattern.c_str(), text, flags) == 0;
}

bool matches(const Patterns& patterns, const std::string& text, int flags = 0) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches(pattern, text.c_str(), flags); });
}

// A pattern without a slash is also that of a program's name: curl is any …/curl.
bool matches_path(const Patterns& patterns, const std::string& path) {
  const char* const name = path.c_str() + path.rfind('/') + 1;  // where there is no slash, all of it
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return matches(pattern, path.c_str()) ||
           (pattern.find('/') == std::string::npos && matches(pattern, name));
  });
}

bool comm_passes(const Patterns& patterns, const Event& event) {
  return event.conn.owner && matches(patterns, std::string(event.conn.owner->comm.view()));
}

bool exe_passes(const Patterns& patterns, const Event& event) {
  return event.conn.process && event.conn.process->program &&
         matches_path(patterns, event.conn.process->program->exe);
}

// By its name or its program.
bool ancestor_passes(const Patterns& patterns, const Event& event) {
  if (!event.conn.process) return false;
  for (const auto* one = event.conn.process->ancestors.get(); one != nullptr; one = one->parent.get()) {
    if (matches(patterns, std::string(one->comm.view())) ||
        (!one->exe.empty() && matches_path(patterns, one->exe)))
      return true;
  }
  return false;
}

bool container_passes(const Patterns& beginnings, const Event& event) {
  const model::Container* const container = event.conn.container.get();
  return container != nullptr &&
         std::any_of(beginnings.begin(), beginnings.end(), [&](const std::string& beginning) {
           return container->id.starts_with(beginning) || container->name.starts_with(beginning);
         });
}

// Names of hosts are the same in upper and in lower case.
bool name_passes(const Patterns& patterns, const Event& event) {
  return event.conn.remote_name && matches(patterns, *event.conn.remote_name, FNM_CASEFOLD);
}

struct Test {
  Patterns patterns;
  bool (*passes)(const Patterns&, const Event&);
};

}  // namespace

std::function<bool(const Event&)> event_filter(const model::Filter& filter) {
  std::vector<Test> tests = {{filter.comms, comm_passes},
                             {filter.exes, exe_passes},
                             {filter.ancestors, ancestor_passes},
                             {filter.containers, container_passes},
                             {filter.names, name_passes}};
  tests.erase(
      std::remove_if(tests.begin(), tests.end(), [](const Test& test) { return test.patterns.empty(); }),
      tests.end());
  if (tests.empty()) return {};
  return [tests = std::move(tests)](const Event& event) {
    return std::all_of(tests.begin(), tests.end(),
                       [&](const Test& test) { return test.passes(test.patterns, event); });
  };
}

}  // namespace tcptrail::cli
