#include "kernel/hook_plan.h"

#include <fmt/format.h>

#include <algorithm>

namespace tcptrail::kernel {
namespace {

bool is_needed(const Hook& hook, const PlanRequest& request) {
  return hook.serves.intersects(request.kinds) || (hook.proves_syn && request.attempt_after_syn);
}

// Empty where nothing speaks against the variant.
std::string objection(const HookVariant& variant, const Features& features, const PlanRequest& request) {
  if (request.only && variant.backend != *request.only)
    return fmt::format("--hooks {} was asked for", name_of(*request.only));
  for (const Need need : variant.needs) {
    if (need == Need::kBtf && !features.btf) return "the kernel has no BTF";
    if (need == Need::kTracefs && !features.tracefs) return "tracefs cannot be read";
  }
  const auto refused =
      std::find_if(variant.programs.begin(), variant.programs.end(),
                   [&](std::string_view program) { return request.failed.count(program) != 0; });
  if (refused != variant.programs.end()) return fmt::format("the kernel refused {}", *refused);
  return {};
}

}  // namespace

Plan plan_hooks(const std::vector<Hook>& catalog, const Features& features, const PlanRequest& request) {
  Plan plan;
  for (const Hook& hook : catalog) {
    if (!is_needed(hook, request)) continue;
    bool served = false;
    const bool offered =
        std::any_of(hook.variants.begin(), hook.variants.end(),
                    [&](const HookVariant& variant) { return variant.backend == request.only; });
    if (request.only && !offered)
      plan.rejected.push_back({hook.event, *request.only, "this version has no such hook"});
    for (const HookVariant& variant : hook.variants) {
      std::string reason = objection(variant, features, request);
      if (!reason.empty()) {
        plan.rejected.push_back({hook.event, variant.backend, std::move(reason)});
      } else if (!served) {
        plan.chosen.push_back({hook.event, variant.backend, variant.programs});
        served = true;
      }
    }
    if (!served) plan.unserved.push_back(hook.event);
  }
  return plan;
}

}  // namespace tcptrail::kernel
