#include "kernel/hook_report.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <memory>
#include <utility>

#include "kernel/skeleton.h"

namespace tcptrail::kernel {
namespace {

model::HookReport report_hook(Backend backend, const std::vector<std::string_view>& programs,
                              const AttachPoints& points) {
  model::HookReport report;
  report.family = name_of(backend);
  for (const std::string_view program : programs) {
    report.programs.emplace_back(program);
    if (const auto point = points.find(program); point != points.end())
      report.attach.push_back(point->second);
  }
  return report;
}

model::EventReport report_event(const Hook& hook) {
  model::EventReport report;
  report.event = hook.event;
  report.serves = hook.serves;
  report.completes = hook.completes;
  if (hook.identifies) report.adds = "who did it";
  if (hook.tells_names) report.adds = "names";
  report.needed = hook.serves != model::KindSet();
  return report;
}

// Two variants may be of one family, so what comes first is named by its place; or at the same place, by its
// program.
std::string spare_reason(const model::HookReport& chosen, const model::HookReport& spare) {
  const bool by_place =
      !chosen.attach.empty() && !spare.attach.empty() && chosen.attach.front() != spare.attach.front();
  return fmt::format("the kernel takes it too, but {} comes first",
                     by_place ? chosen.attach.front() : chosen.programs.front());
}

}  // namespace

AttachPoints attach_points() {
  const std::unique_ptr<tcptrail_bpf, decltype(&tcptrail_bpf__destroy)> object(tcptrail_bpf__open(),
                                                                               &tcptrail_bpf__destroy);
  AttachPoints points;
  if (!object) return points;
  for (bpf_program* program = bpf_object__next_program(object->obj, nullptr); program != nullptr;
       program = bpf_object__next_program(object->obj, program)) {
    points.emplace(bpf_program__name(program), bpf_program__section_name(program));
  }
  return points;
}

std::vector<model::EventReport> report_plan(const std::vector<Hook>& catalog, const Plan& plan,
                                            const AttachPoints& points) {
  std::vector<model::EventReport> reports;
  for (const Hook& hook : catalog) {
    model::EventReport& report = reports.emplace_back(report_event(hook));
    for (const Choice& choice : plan.chosen) {
      if (choice.event == hook.event) report.hook = report_hook(choice.backend, choice.programs, points);
    }
    for (const Rejection& rejection : plan.rejected) {
      if (rejection.event != hook.event) continue;
      model::HookReport other = report_hook(rejection.backend, rejection.programs, points);
      std::string reason = rejection.spare ? spare_reason(*report.hook, other) : rejection.reason;
      report.rejected.push_back({std::move(other), std::move(reason)});
    }
  }
  return reports;
}

std::vector<model::EventReport> report_untried(const std::vector<Hook>& catalog, const std::string& why,
                                               const AttachPoints& points) {
  std::vector<model::EventReport> reports;
  for (const Hook& hook : catalog) {
    model::EventReport& report = reports.emplace_back(report_event(hook));
    for (const HookVariant& variant : hook.variants)
      report.rejected.push_back({report_hook(variant.backend, variant.programs, points), why});
  }
  return reports;
}

}  // namespace tcptrail::kernel
