#include "kernel/hook_loader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace tcptrail::kernel {
namespace {

using Programs = std::vector<std::string_view>;

tl::expected<AttachedHooks, Refusal> try_plan(const Programs& programs, const BpfOptions& options,
                                              const Features& features) {
  auto object = BpfObject::load(options, features, programs);
  for (auto program = programs.begin(); object && program != programs.end(); ++program) {
    if (auto attached = object->attach(*program); !attached) return tl::unexpected(attached.error());
  }
  if (!object) return tl::unexpected(object.error());
  auto listing = object->begin_listing();
  if (!listing) return tl::unexpected(listing.error());
  return AttachedHooks{*std::move(object), *std::move(listing)};
}

Error unserved(const Plan& plan, const std::optional<Error>& cause) {
  std::string message = fmt::format("this kernel offers no way to hear of '{}':", plan.unserved.front());
  for (const Rejection& rejection : plan.rejected) {
    if (rejection.event != plan.unserved.front()) continue;
    message += fmt::format("\n  {}: {}", name_of(rejection.backend), rejection.reason);
  }
  if (cause) message += "\n" + cause->message;
  return {ErrorCode::kDenied, std::move(message)};
}

PlanRequest request_for(const BpfOptions& options, std::optional<Backend> only) {
  PlanRequest request;
  request.kinds = options.kinds;
  request.attempt_after_syn = options.attempt_after_syn;
  request.identify = options.identify;
  request.names = options.names;
  request.only = only;
  return request;
}

void add(Programs& all, const Programs& more) {
  for (const std::string_view program : more) {
    if (std::find(all.begin(), all.end(), program) == all.end()) all.push_back(program);
  }
}

// Those of the programs that the kernel does not take. All are tried together, for a trial takes its time,
// and again without the one that was refused.
RefusedPrograms refused_among(Programs programs, const BpfOptions& options, const Features& features) {
  RefusedPrograms refused;
  while (!programs.empty()) {
    const auto hooks = try_plan(programs, options, features);
    if (hooks) break;
    const Refusal& refusal = hooks.error();
    const auto culprit = std::find(programs.begin(), programs.end(), refusal.program);
    if (culprit == programs.end()) {  // it is not about one of them
      for (const std::string_view program : programs) refused.emplace(program, refusal.reason);
      break;
    }
    refused.emplace(*culprit, refusal.reason);
    programs.erase(culprit);
  }
  return refused;
}

}  // namespace

LoadedHooks load_hooks(const BpfOptions& options, const Features& features, std::optional<Backend> only) {
  PlanRequest request = request_for(options, only);
  std::optional<Error> last;
  for (;;) {  // each round rules out a program, so it ends
    Plan plan = plan_hooks(hook_catalog(), features, request);
    const auto end = [&](Result<AttachedHooks> hooks) {
      return LoadedHooks{std::move(plan), std::move(request.failed), std::move(hooks)};
    };
    if (!plan.unserved.empty()) return end(tl::unexpected(unserved(plan, last)));
    auto hooks = try_plan(plan.programs(), options, features);
    if (hooks) return end(*std::move(hooks));
    const Refusal& refusal = hooks.error();
    last = refusal.error;
    if (refusal.program.empty() || !request.failed.emplace(refusal.program, refusal.reason).second)
      return end(tl::unexpected(*last));
  }
}

ExaminedHooks examine_hooks(const BpfOptions& options, const Features& features,
                            std::optional<Backend> only) {
  PlanRequest request = request_for(options, only);
  Programs untried;
  std::optional<Error> problem;
  {
    LoadedHooks loaded = load_hooks(options, features, only);
    if (!loaded.hooks) {
      problem = loaded.hooks.error();
      untried = loaded.plan.programs();
    }
    for (const Rejection& rejection : loaded.plan.rejected) {
      if (rejection.spare) add(untried, rejection.programs);
    }
    request.failed = std::move(loaded.refused);
  }  // the hooks go before others are tried
  request.failed.merge(refused_among(std::move(untried), options, features));
  Plan plan = plan_hooks(hook_catalog(), features, request);
  if (!plan.unserved.empty()) {  // the plan has the reasons
    problem = Error{ErrorCode::kDenied,
                    fmt::format("this kernel offers no way to hear of: {}", fmt::join(plan.unserved, ", "))};
  }
  return {std::move(plan), std::move(problem)};
}

}  // namespace tcptrail::kernel
