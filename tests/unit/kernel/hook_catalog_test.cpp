// The real hooks, beside the programs that were built.

#include "kernel/hook_catalog.h"

#include <bpf/libbpf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "kernel/hook_plan.h"
#include "kernel/skeleton.h"

namespace tcptrail::kernel {
namespace {

using model::Kind;
using model::KindSet;
using testing::IsEmpty;
using testing::UnorderedElementsAreArray;

std::set<std::string> programs_in_catalog() {
  std::set<std::string> names;
  for (const Hook& hook : hook_catalog()) {
    for (const HookVariant& variant : hook.variants)
      names.insert(variant.programs.begin(), variant.programs.end());
  }
  return names;
}

std::set<std::string> programs_in_object() {
  const std::unique_ptr<tcptrail_bpf, decltype(&tcptrail_bpf__destroy)> object(tcptrail_bpf__open(),
                                                                               &tcptrail_bpf__destroy);
  std::set<std::string> names;
  if (!object) return names;
  bpf_program* program = nullptr;
  while ((program = bpf_object__next_program(object->obj, program)) != nullptr) {
    names.insert(bpf_program__name(program));
  }
  return names;
}

TEST(HookCatalog, NamesEveryProgramOfTheObjectAndNoOther) {
  const auto built = programs_in_object();

  ASSERT_FALSE(built.empty()) << "libbpf could not read the object";
  EXPECT_THAT(programs_in_catalog(), UnorderedElementsAreArray(built));
}

TEST(HookCatalog, ServesEachKindByTracepointsAlone) {
  // What every kernel with BTF since 5.10 has.
  Features features;
  features.btf = true;
  features.tracefs = true;
  for (std::size_t i = 0; i < model::kTracedKinds; ++i) {
    PlanRequest request;
    request.kinds.add(static_cast<Kind>(i));
    request.only = Backend::kTracepoint;

    const Plan plan = plan_hooks(hook_catalog(), features, request);

    EXPECT_THAT(plan.unserved, IsEmpty()) << name_of(static_cast<Kind>(i));
    EXPECT_FALSE(plan.chosen.empty()) << name_of(static_cast<Kind>(i));
  }
}

// All that a kernel may have.
Features every_feature() {
  Features features;
  features.btf = features.tracefs = features.trampolines = features.kprobes = features.modern = true;
  return features;
}

TEST(HookCatalog, TellsOfProcessesAloneWithoutLookingAtSockets) {
  PlanRequest request;
  request.kinds = {Kind::kExec, Kind::kExit};
  Features features;
  features.btf = true;

  EXPECT_THAT(plan_hooks(hook_catalog(), features, request).programs(),
              testing::ElementsAre("exited_tracepoint", "executed_tracepoint"));
}

TEST(HookCatalog, TellsWhoIsWhoWhereThatIsAskedForAndGoesOnWithout) {
  PlanRequest request;
  request.kinds = {Kind::kConnect};
  const auto plan_with = [&](bool identify, const RefusedPrograms& failed) {
    request.identify = identify;
    request.failed = failed;
    return plan_hooks(hook_catalog(), every_feature(), request);
  };

  EXPECT_THAT(plan_with(true, {}).programs(),
              testing::IsSupersetOf({"exited_tracepoint", "executed_tracepoint", "forked_tracepoint"}));
  EXPECT_THAT(plan_with(false, {}).programs(), testing::Not(testing::Contains("forked_tracepoint")));
  const Plan without = plan_with(true, {{"forked_tracepoint", "EPERM"}});
  EXPECT_THAT(without.unserved, IsEmpty());
  EXPECT_THAT(without.forgone, testing::Contains("process forked"));
}

TEST(HookCatalog, AttachesWhatSeesAnEndBeforeWhatSeesItsBeginning) {
  for (const Backend family : {Backend::kFentry, Backend::kKprobe, Backend::kTracepoint}) {
    PlanRequest request;
    request.kinds = KindSet::all();
    request.only = family;
    const auto programs = plan_hooks(hook_catalog(), every_feature(), request).programs();
    const auto place = [&](std::string_view program) {
      return std::find(programs.begin(), programs.end(), program) - programs.begin();
    };
    for (const auto& [end, beginning] : {std::pair{"connect_kretprobe", "connect_kprobe"},
                                         {"fastopen_v4_kretprobe", "fastopen_v4_kprobe"},
                                         {"fastopen_v6_kretprobe", "fastopen_v6_kprobe"},
                                         {"accept_kretprobe", "accept_kprobe"},
                                         {"connect_leave_tracepoint", "connect_enter_tracepoint"}}) {
      EXPECT_LE(place(end), place(beginning)) << name_of(family) << ": " << beginning;
    }
    ASSERT_GE(programs.size(), 2U);
    EXPECT_EQ(programs[programs.size() - 2], "state_tracepoint") << name_of(family);
    EXPECT_EQ(programs.back(), "snapshot_iterator") << name_of(family);
  }
}

TEST(HookCatalog, HasAStandbyWhereTasksArePreemptedInAProgram) {
  PlanRequest request;
  request.kinds = KindSet::all();
  Features features = every_feature();
  features.preemptible = true;

  const auto programs = plan_hooks(hook_catalog(), features, request).programs();

  EXPECT_THAT(programs, testing::IsSupersetOf({"state_first_tracepoint", "state_standby_tracepoint",
                                               "destroy_tracepoint", "destroy_standby_tracepoint"}));
  EXPECT_THAT(programs, testing::Not(testing::Contains("state_tracepoint")));
}

TEST(HookCatalog, TracesWithoutTheSocketsAtStartWhereTheKernelListsNone) {
  PlanRequest request;
  request.kinds = {Kind::kConnect, Kind::kClose};
  request.failed = {{"snapshot_iterator", "EPERM"}};

  const Plan plan = plan_hooks(hook_catalog(), every_feature(), request);

  EXPECT_THAT(plan.unserved, IsEmpty());
  EXPECT_THAT(plan.forgone, testing::ElementsAre("sockets at start"));
  EXPECT_THAT(plan.programs(), testing::Not(testing::Contains("snapshot_iterator")));
}

TEST(HookCatalog, RefusesASnapshotWhereTheKernelListsNoSockets) {
  for (const KindSet kinds : {KindSet{Kind::kSnapshot}, KindSet::all()}) {
    PlanRequest request;
    request.kinds = kinds;
    request.failed = {{"snapshot_iterator", "EPERM"}};

    EXPECT_THAT(plan_hooks(hook_catalog(), every_feature(), request).unserved,
                testing::ElementsAre("sockets at start"));
  }
}

TEST(HookCatalog, HasForEachHookAVariantAndForEachVariantAProgram) {
  for (const Hook& hook : hook_catalog()) {
    EXPECT_FALSE(hook.variants.empty()) << hook.event;
    EXPECT_TRUE(hook.serves != KindSet() || hook.completes != KindSet() || hook.identifies ||
                hook.tells_names)
        << hook.event;
    for (const HookVariant& variant : hook.variants) EXPECT_FALSE(variant.programs.empty()) << hook.event;
  }
}

TEST(BackendNames, AreThoseOfTheCommandLine) {
  EXPECT_EQ(name_of(Backend::kFentry), "fentry");
  EXPECT_EQ(name_of(Backend::kKprobe), "kprobe");
  EXPECT_EQ(name_of(Backend::kTracepoint), "tracepoint");
  EXPECT_EQ(backend_named("fentry"), Backend::kFentry);
  EXPECT_EQ(backend_named("kprobe"), Backend::kKprobe);
  EXPECT_EQ(backend_named("tracepoint"), Backend::kTracepoint);
  EXPECT_EQ(name_of(Backend::kIterator), "iterator");
  EXPECT_EQ(backend_named("iterator"), std::nullopt) << "nothing to choose";
  EXPECT_EQ(backend_named("auto"), std::nullopt);
  EXPECT_EQ(backend_named(""), std::nullopt);
}

}  // namespace
}  // namespace tcptrail::kernel
