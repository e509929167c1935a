#include "cli/doctor_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "cli/self_test.h"
#include "cli/trace_options.h"
#include "format/doctor_json.h"
#include "format/doctor_table.h"
#include "kernel/features.h"
#include "kernel/hook_loader.h"
#include "kernel/hook_report.h"
#include "kernel/kernel_report.h"

namespace tcptrail::cli {
namespace {

constexpr std::size_t kBufferBytes = 8 << 20;  // as trace has it by default

// Why nothing could be tried, in a few words.
std::string untried(const kernel::Features& features) {
  if (features.missing_capabilities.empty()) return "not tried: the kernel has no BTF";
  return fmt::format("not tried: this process lacks {}", fmt::join(features.missing_capabilities, " and "));
}

std::optional<Error> examine(const kernel::Features& features, const DoctorOptions& options,
                             model::DoctorReport& report) {
  const kernel::AttachPoints points = kernel::attach_points();
  if (auto usable = kernel::check_features(features); !usable) {
    report.events = kernel::report_untried(kernel::hook_catalog(), untried(features), points);
    return usable.error();
  }
  kernel::BpfOptions bpf;
  bpf.kinds = model::KindSet::all();
  bpf.identify = true;
  bpf.names = true;
  bpf.buffer_bytes = kBufferBytes;
  auto examined = kernel::examine_hooks(bpf, features, options.hooks);
  report.events = kernel::report_plan(kernel::hook_catalog(), examined.plan, points);
  return examined.problem;
}

// An error is not about tracing where it is the test itself that cannot run.
std::optional<Error> prove(const kernel::Features& features, const DoctorOptions& options,
                           model::DoctorReport& report) {
  auto tested = self_test(features, options.hooks);
  if (!tested) return tested.error();
  const auto missing = std::count_if(tested->begin(), tested->end(),
                                     [](const model::SelfTestReport& test) { return !test.after; });
  const std::size_t all = tested->size();
  report.self_test = *std::move(tested);
  if (missing == 0) return std::nullopt;
  report.problem = fmt::format(
      "the self-test missed {} of {} events: this kernel takes the hooks, but not all of them tell", missing,
      all);
  return Error{ErrorCode::kDenied, *report.problem};
}

Result<void> show(const std::string& text) {
  if (std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0) return {};
  return fail(ErrorCode::kFailed, fmt::format("cannot write: {}", std::strerror(errno)));
}

}  // namespace

Result<void> doctor(const DoctorOptions& options) {
  std::vector<std::string> notices;
  const kernel::Features features = kernel::probe_features(notices);
  for (const std::string& notice : notices) fmt::print(stderr, "tcptrail: {}\n", notice);

  model::DoctorReport report;
  report.kernel = kernel::report_kernel(features);
  std::optional<Error> problem = examine(features, options, report);
  if (problem) {
    report.problem = problem->message;
  } else if (options.self_test) {
    problem = prove(features, options, report);
  }
  if (auto shown = show(options.json ? format::doctor_json(report) : format::doctor_table(report)); !shown)
    return shown;
  if (problem) return tl::unexpected(*std::move(problem));
  return {};
}

}  // namespace tcptrail::cli
