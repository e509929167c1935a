#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/features.h"
#include "kernel/hook_catalog.h"

namespace tcptrail::kernel {

// Programs that this kernel refused, and its words.
using RefusedPrograms = std::map<std::string, std::string, std::less<>>;

// What the plan is made for.
struct PlanRequest {
  model::KindSet kinds;
  bool attempt_after_syn = false;
  bool identify = false;
  bool names = false;
  // --hooks. An event that has no variant of that family keeps its tracepoints and iterators.
  std::optional<Backend> only;
  RefusedPrograms failed;
};

struct Rejection {
  std::string_view event;
  Backend backend;
  std::vector<std::string_view> programs;
  std::string reason;
  bool spare = false;  // nothing speaks against it but that another comes first
};

struct Choice {
  std::string_view event;
  Backend backend;
  std::vector<std::string_view> programs;
};

struct Plan {
  std::vector<Choice> chosen;  // two may name the same program
  std::vector<Rejection> rejected;
  std::vector<std::string_view> unserved;  // events that are needed and have no variant left
  std::vector<std::string_view> forgone;   // those that would only have completed the picture

  std::vector<std::string_view> programs() const;  // each once
};

// A pure function: which variant serves each event that is needed, and why each other one does not.
Plan plan_hooks(const std::vector<Hook>& catalog, const Features& features, const PlanRequest& request);

}  // namespace tcptrail::kernel
