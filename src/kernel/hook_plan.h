#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/features.h"
#include "kernel/hook_catalog.h"

namespace tcptrail::kernel {

// What the plan is made for.
struct PlanRequest {
  model::KindSet kinds;
  bool attempt_after_syn = false;
  std::optional<Backend> only;        // --hooks
  std::set<std::string_view> failed;  // programs that this kernel refused when they were tried
};

struct Rejection {
  std::string_view event;
  Backend backend;
  std::string reason;
};

struct Choice {
  std::string_view event;
  Backend backend;
  std::vector<std::string_view> programs;
};

struct Plan {
  std::vector<Choice> chosen;
  std::vector<Rejection> rejected;
  std::vector<std::string_view> unserved;  // events that are needed and have no variant left
};

// A pure function: which variant serves each event that is needed, and why each other one does not.
Plan plan_hooks(const std::vector<Hook>& catalog, const Features& features, const PlanRequest& request);

}  // namespace tcptrail::kernel
