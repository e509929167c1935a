#include "kernel/hook_plan.h"

#include <fmt/format.h>

#include <algorithm>

namespace tcptrail::kernel {
namespace {

bool is_needed(const Hook& hook, const PlanRequest& request) {
  return hook.serves.intersects(request.kinds) || (hook.proves_syn && request.attempt_after_syn);
}

bool is_useful(const Hook& hook, const PlanRequest& request) {
  return hook.completes.intersects(request.kinds) || (hook.identifies && request.identify) ||
         (hook.tells_names && request.names);
}

std::string_view lack_of(Need need, const Features& features) {
  switch (need) {
    case Need::kBtf:
      return features.btf ? "" : "the kernel has no BTF";
    case Need::kTracefs:
      return features.tracefs ? "" : "tracefs cannot be read";
    case Need::kTrampolines:
      return features.trampolines ? "" : "the kernel refuses fentry and fexit programs";
    case Need::kKprobes:
      return features.kprobes ? "" : "the kernel has no kprobes (CONFIG_KPROBES, CONFIG_KPROBE_EVENTS)";
    case Need::kModern:
      return features.modern ? "" : "the kernel lacks bpf_task_pt_regs or what came before it (Linux 5.15)";
    case Need::kPreemptible:
      return features.preemptible ? "" : "no task is preempted in it before Linux 7.0";
  }
  return {};
}

bool offers(const Hook& hook, Backend backend) {
  return std::any_of(hook.variants.begin(), hook.variants.end(),
                     [&](const HookVariant& variant) { return variant.backend == backend; });
}

// A forced family is served by its own variants. Where it has none, the tracepoints and iterators that all
// families share serve it, but never another family's probes of functions.
bool is_of_another_family(const Hook& hook, const HookVariant& variant, Backend family) {
  if (variant.backend == family) return false;
  return offers(hook, family) || variant.backend == Backend::kFentry || variant.backend == Backend::kKprobe;
}

// Empty where nothing speaks against the variant.
std::string objection(const Hook& hook, const HookVariant& variant, const Features& features,
                      const PlanRequest& request) {
  if (request.only && is_of_another_family(hook, variant, *request.only))
    return fmt::format("--hooks {} was asked for", name_of(*request.only));
  for (const Need need : variant.needs) {
    if (const std::string_view lack = lack_of(need, features); !lack.empty()) return std::string(lack);
  }
  for (const std::string_view program : variant.programs) {
    if (const auto refused = request.failed.find(program); refused != request.failed.end())
      return fmt::format("the kernel refused {}: {}", program, refused->second);
  }
  return {};
}

}  // namespace

std::vector<std::string_view> Plan::programs() const {
  std::vector<std::string_view> all;
  for (const Choice& choice : chosen) {
    for (const std::string_view program : choice.programs) {
      if (std::find(all.begin(), all.end(), program) == all.end()) all.push_back(program);
    }
  }
  return all;
}

Plan plan_hooks(const std::vector<Hook>& catalog, const Features& features, const PlanRequest& request) {
  Plan plan;
  for (const Hook& hook : catalog) {
    const bool needed = is_needed(hook, request);
    if (!needed && !is_useful(hook, request)) continue;
    const Choice* choice = nullptr;
    for (const HookVariant& variant : hook.variants) {
      std::string reason = objection(hook, variant, features, request);
      if (reason.empty() && choice == nullptr) {
        choice = &plan.chosen.emplace_back(Choice{hook.event, variant.backend, variant.programs});
        continue;
      }
      const bool spare = choice != nullptr && reason.empty();
      if (spare) reason = fmt::format("not needed: {} comes first", name_of(choice->backend));
      plan.rejected.push_back({hook.event, variant.backend, variant.programs, std::move(reason), spare});
    }
    if (choice == nullptr) (needed ? plan.unserved : plan.forgone).push_back(hook.event);
  }
  return plan;
}

}  // namespace tcptrail::kernel
