#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "kernel/bpf_object.h"
#include "kernel/hook_plan.h"

// Plans are tried: what the kernel takes, only the kernel knows.
namespace tcptrail::kernel {

// What came of it. Where the object is an error, the plan says what remained unserved and why.
struct LoadedHooks {
  Plan plan;
  RefusedPrograms refused;
  Result<BpfObject> object;  // all of the plan, attached
};

// Chooses the hooks, loads and attaches them. A hook that the kernel refuses is replaced by its next variant.
LoadedHooks load_hooks(const BpfOptions& options, const Features& features, std::optional<Backend> only);

// For a report: what load_hooks() comes to, and what the kernel says of each variant that is not needed.
// Nothing stays loaded.
struct ExaminedHooks {
  Plan plan;  // a rejected variant that is `spare` was tried, and taken
  std::optional<Error> problem;
};
ExaminedHooks examine_hooks(const BpfOptions& options, const Features& features, std::optional<Backend> only);

}  // namespace tcptrail::kernel
