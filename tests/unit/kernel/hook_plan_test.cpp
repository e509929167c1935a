// Which hook serves which event, with invented hooks and kernels.

#include "kernel/hook_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tcptrail::kernel {
namespace {

using model::Kind;
using model::KindSet;
using testing::ElementsAre;
using testing::IsEmpty;

const Features kEverything = {.btf = true,
                              .tracefs = true,
                              .trampolines = true,
                              .kprobes = true,
                              .modern = true,
                              .allocating = true,
                              .preemptible = true,
                              .missing_capabilities = {}};

Features without(bool Features::*feature) {
  Features features = kEverything;
  features.*feature = false;
  return features;
}

// "open" can be heard of in three ways, the second of which takes two programs; "shut" in one; "aside" only
// completes what "open" tells.
const std::vector<Hook> kCatalog = {
    {"open",
     {Kind::kConnect, Kind::kFail},
     {},
     false,
     {{Backend::kFentry, {"open_fentry"}, {Need::kBtf}},
      {Backend::kKprobe, {"open_kprobe", "open_kretprobe"}, {}},
      {Backend::kTracepoint, {"open_tracepoint"}, {Need::kBtf, Need::kTracefs}}}},
    {"shut", {Kind::kClose}, {}, true, {{Backend::kTracepoint, {"shut_tracepoint"}, {Need::kTracefs}}}},
};

const std::vector<Hook> kCompletingCatalog = {
    {"open", {Kind::kFail}, {}, false, {{Backend::kTracepoint, {"open_tracepoint"}, {}}}},
    {"aside",
     {Kind::kSnapshot},
     {Kind::kFail},
     false,
     {{Backend::kKprobe, {"aside_kprobe", "open_tracepoint"}, {Need::kKprobes}}}},
};

PlanRequest asking_for(KindSet kinds) {
  PlanRequest request;
  request.kinds = kinds;
  return request;
}

// "open: kprobe open_kprobe open_kretprobe"
std::vector<std::string> chosen(const Plan& plan) {
  std::vector<std::string> lines;
  for (const Choice& choice : plan.chosen) {
    std::string& line =
        lines.emplace_back(std::string(choice.event) + ": " + std::string(name_of(choice.backend)));
    for (const std::string_view program : choice.programs) line.append(" ").append(program);
  }
  return lines;
}

// "open: fentry: the kernel has no BTF"
std::vector<std::string> rejected(const Plan& plan) {
  std::vector<std::string> lines;
  for (const Rejection& rejection : plan.rejected) {
    lines.push_back(std::string(rejection.event) + ": " + std::string(name_of(rejection.backend)) + ": " +
                    rejection.reason);
  }
  return lines;
}

TEST(PlanHooks, ChoosesTheFirstVariantWhereNothingSpeaksAgainstIt) {
  const Plan plan = plan_hooks(kCatalog, kEverything, asking_for(KindSet::all()));

  EXPECT_THAT(chosen(plan), ElementsAre("open: fentry open_fentry", "shut: tracepoint shut_tracepoint"));
  EXPECT_THAT(rejected(plan), ElementsAre("open: kprobe: not needed: fentry comes first",
                                          "open: tracepoint: not needed: fentry comes first"));
  EXPECT_THAT(plan.unserved, IsEmpty());
}

TEST(PlanHooks, LeavesOutHooksWhoseKindsAreNotAskedFor) {
  const Plan plan = plan_hooks(kCatalog, Features{}, asking_for({Kind::kFail, Kind::kReject}));

  EXPECT_THAT(chosen(plan), ElementsAre("open: kprobe open_kprobe open_kretprobe"));
  EXPECT_THAT(plan.unserved, IsEmpty()) << "nobody asked for what `shut` serves";
}

TEST(PlanHooks, TakesTheHooksThatProveASynWhereAttemptsWaitForIt) {
  PlanRequest request = asking_for({Kind::kAttempt});
  EXPECT_THAT(chosen(plan_hooks(kCatalog, kEverything, request)), IsEmpty());

  request.attempt_after_syn = true;

  EXPECT_THAT(chosen(plan_hooks(kCatalog, kEverything, request)),
              ElementsAre("shut: tracepoint shut_tracepoint"));
}

TEST(PlanHooks, FallsBackWhereThereIsNoBtf) {
  const Plan plan = plan_hooks(kCatalog, without(&Features::btf), asking_for({Kind::kConnect}));

  EXPECT_THAT(chosen(plan), ElementsAre("open: kprobe open_kprobe open_kretprobe"));
  EXPECT_THAT(rejected(plan),
              ElementsAre("open: fentry: the kernel has no BTF", "open: tracepoint: the kernel has no BTF"));
}

TEST(PlanHooks, SaysWhatIsUnservedWithoutTracefs) {
  const Plan plan = plan_hooks(kCatalog, without(&Features::tracefs), asking_for(KindSet::all()));

  EXPECT_THAT(chosen(plan), ElementsAre("open: fentry open_fentry"));
  EXPECT_THAT(rejected(plan), ElementsAre("open: kprobe: not needed: fentry comes first",
                                          "open: tracepoint: tracefs cannot be read",
                                          "shut: tracepoint: tracefs cannot be read"));
  EXPECT_THAT(plan.unserved, ElementsAre("shut"));
}

TEST(PlanHooks, FallsBackFromAProgramThatTheKernelRefused) {
  PlanRequest request = asking_for({Kind::kConnect});
  request.failed = {{"open_fentry", "EPERM"}};

  const Plan plan = plan_hooks(kCatalog, kEverything, request);

  EXPECT_THAT(chosen(plan), ElementsAre("open: kprobe open_kprobe open_kretprobe"));
  EXPECT_THAT(rejected(plan), ElementsAre("open: fentry: the kernel refused open_fentry: EPERM",
                                          "open: tracepoint: not needed: kprobe comes first"));
}

TEST(PlanHooks, GivesAVariantUpForAnyOfItsPrograms) {
  PlanRequest request = asking_for({Kind::kConnect});
  request.failed = {{"open_fentry", "EPERM"}, {"open_kretprobe", "ENOENT"}};

  const Plan plan = plan_hooks(kCatalog, kEverything, request);

  EXPECT_THAT(chosen(plan), ElementsAre("open: tracepoint open_tracepoint"));
  EXPECT_THAT(rejected(plan), ElementsAre("open: fentry: the kernel refused open_fentry: EPERM",
                                          "open: kprobe: the kernel refused open_kretprobe: ENOENT"));
}

TEST(PlanHooks, SaysWhatIsUnservedWhereEveryVariantFailed) {
  PlanRequest request = asking_for({Kind::kConnect, Kind::kClose});
  request.failed = {{"open_fentry", ""}, {"open_kprobe", ""}, {"open_tracepoint", ""}};

  const Plan plan = plan_hooks(kCatalog, kEverything, request);

  EXPECT_THAT(plan.unserved, ElementsAre("open"));
  EXPECT_THAT(chosen(plan), ElementsAre("shut: tracepoint shut_tracepoint"));
  EXPECT_EQ(plan.rejected.size(), 3U);
}

TEST(PlanHooks, KeepsToTheFamilyThatWasAskedFor) {
  PlanRequest request = asking_for({Kind::kConnect});
  request.only = Backend::kTracepoint;

  const Plan plan = plan_hooks(kCatalog, kEverything, request);

  EXPECT_THAT(chosen(plan), ElementsAre("open: tracepoint open_tracepoint"));
  EXPECT_THAT(rejected(plan), ElementsAre("open: fentry: --hooks tracepoint was asked for",
                                          "open: kprobe: --hooks tracepoint was asked for"));
}

TEST(PlanHooks, KeepsWhatAnEventHasWhereTheFamilyAskedForHasNothing) {
  PlanRequest request = asking_for(KindSet::all());
  request.only = Backend::kFentry;

  const Plan plan = plan_hooks(kCatalog, kEverything, request);

  EXPECT_THAT(chosen(plan), ElementsAre("open: fentry open_fentry", "shut: tracepoint shut_tracepoint"));
  EXPECT_THAT(plan.unserved, IsEmpty());
}

TEST(PlanHooks, LeavesUnservedWhatTheFamilyAskedForIsRefused) {
  PlanRequest request = asking_for({Kind::kConnect});
  request.only = Backend::kFentry;
  request.failed = {{"open_fentry", "EPERM"}};

  const Plan plan = plan_hooks(kCatalog, kEverything, request);

  EXPECT_THAT(chosen(plan), IsEmpty());
  EXPECT_THAT(plan.unserved, ElementsAre("open"));
}

TEST(PlanHooks, TellsWhyOfEveryVariantAfterTheChosenOneToo) {
  PlanRequest request = asking_for({Kind::kConnect});
  request.failed = {{"open_tracepoint", "EINVAL"}};

  const Plan plan = plan_hooks(kCatalog, kEverything, request);

  EXPECT_THAT(chosen(plan), ElementsAre("open: fentry open_fentry"));
  EXPECT_THAT(rejected(plan), ElementsAre("open: kprobe: not needed: fentry comes first",
                                          "open: tracepoint: the kernel refused open_tracepoint: EINVAL"));
}

TEST(PlanHooks, TellsWhereOnlyTheOrderSpeaksAgainstAVariant) {
  PlanRequest request = asking_for({Kind::kConnect});
  request.failed = {{"open_tracepoint", "EINVAL"}};

  const Plan plan = plan_hooks(kCatalog, kEverything, request);

  ASSERT_EQ(plan.rejected.size(), 2U);
  EXPECT_TRUE(plan.rejected[0].spare);
  EXPECT_THAT(plan.rejected[0].programs, ElementsAre("open_kprobe", "open_kretprobe"));
  EXPECT_FALSE(plan.rejected[1].spare);
}

TEST(PlanHooks, TakesWhatCompletesAKindAndNamesAProgramOnce) {
  const Plan plan = plan_hooks(kCompletingCatalog, kEverything, asking_for({Kind::kFail}));

  EXPECT_THAT(chosen(plan),
              ElementsAre("open: tracepoint open_tracepoint", "aside: kprobe aside_kprobe open_tracepoint"));
  EXPECT_THAT(plan.programs(), ElementsAre("open_tracepoint", "aside_kprobe"));
}

TEST(PlanHooks, ForgoesWhatOnlyCompletes) {
  const Plan plan = plan_hooks(kCompletingCatalog, without(&Features::kprobes), asking_for({Kind::kFail}));

  EXPECT_THAT(plan.forgone, ElementsAre("aside"));
  EXPECT_THAT(plan.unserved, IsEmpty());
}

TEST(PlanHooks, LeavesUnservedWhatIsAskedForItself) {
  const Plan plan =
      plan_hooks(kCompletingCatalog, without(&Features::kprobes), asking_for({Kind::kSnapshot}));

  EXPECT_THAT(plan.unserved, ElementsAre("aside"));
  EXPECT_THAT(plan.forgone, IsEmpty());
}

}  // namespace
}  // namespace tcptrail::kernel
