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
using testing::StartsWith;

const Features kEverything = {.btf = true, .tracefs = true, .missing_capabilities = {}};

// "open" can be heard of in three ways, the second of which takes two programs; "shut" in one.
const std::vector<Hook> kCatalog = {
    {"open",
     {Kind::kConnect, Kind::kFail},
     false,
     {{Backend::kFentry, {"open_fentry"}, {Need::kBtf}},
      {Backend::kKprobe, {"open_kprobe", "open_kretprobe"}, {}},
      {Backend::kTracepoint, {"open_tracepoint"}, {Need::kBtf, Need::kTracefs}}}},
    {"shut", {Kind::kClose}, true, {{Backend::kTracepoint, {"shut_tracepoint"}, {Need::kTracefs}}}},
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
  EXPECT_THAT(rejected(plan), IsEmpty());
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
  const Features features = {.btf = false, .tracefs = true, .missing_capabilities = {}};

  const Plan plan = plan_hooks(kCatalog, features, asking_for({Kind::kConnect}));

  EXPECT_THAT(chosen(plan), ElementsAre("open: kprobe open_kprobe open_kretprobe"));
  EXPECT_THAT(rejected(plan),
              ElementsAre("open: fentry: the kernel has no BTF", "open: tracepoint: the kernel has no BTF"));
}

TEST(PlanHooks, SaysWhatIsUnservedWithoutTracefs) {
  const Features features = {.btf = true, .tracefs = false, .missing_capabilities = {}};

  const Plan plan = plan_hooks(kCatalog, features, asking_for(KindSet::all()));

  EXPECT_THAT(chosen(plan), ElementsAre("open: fentry open_fentry"));
  EXPECT_THAT(rejected(plan), ElementsAre(StartsWith("open: tracepoint: tracefs "),
                                          StartsWith("shut: tracepoint: tracefs ")));
  EXPECT_THAT(plan.unserved, ElementsAre("shut"));
}

TEST(PlanHooks, FallsBackFromAProgramThatTheKernelRefused) {
  PlanRequest request = asking_for({Kind::kConnect});
  request.failed = {"open_fentry"};

  const Plan plan = plan_hooks(kCatalog, kEverything, request);

  EXPECT_THAT(chosen(plan), ElementsAre("open: kprobe open_kprobe open_kretprobe"));
  EXPECT_THAT(rejected(plan), ElementsAre("open: fentry: the kernel refused open_fentry"));
}

TEST(PlanHooks, GivesAVariantUpForAnyOfItsPrograms) {
  PlanRequest request = asking_for({Kind::kConnect});
  request.failed = {"open_fentry", "open_kretprobe"};

  const Plan plan = plan_hooks(kCatalog, kEverything, request);

  EXPECT_THAT(chosen(plan), ElementsAre("open: tracepoint open_tracepoint"));
  EXPECT_THAT(rejected(plan), ElementsAre("open: fentry: the kernel refused open_fentry",
                                          "open: kprobe: the kernel refused open_kretprobe"));
}

TEST(PlanHooks, SaysWhatIsUnservedWhereEveryVariantFailed) {
  PlanRequest request = asking_for({Kind::kConnect, Kind::kClose});
  request.failed = {"open_fentry", "open_kprobe", "open_tracepoint"};

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

TEST(PlanHooks, LeavesUnservedWhatTheFamilyAskedForCannotDo) {
  PlanRequest request = asking_for(KindSet::all());
  request.only = Backend::kFentry;

  const Plan plan = plan_hooks(kCatalog, kEverything, request);

  EXPECT_THAT(chosen(plan), ElementsAre("open: fentry open_fentry"));
  EXPECT_THAT(plan.unserved, ElementsAre("shut"));
}

TEST(PlanHooks, TellsWhyOfEveryVariantAfterTheChosenOneToo) {
  PlanRequest request = asking_for({Kind::kConnect});
  request.failed = {"open_tracepoint"};

  const Plan plan = plan_hooks(kCatalog, kEverything, request);

  EXPECT_THAT(chosen(plan), ElementsAre("open: fentry open_fentry"));
  EXPECT_THAT(rejected(plan), ElementsAre("open: tracepoint: the kernel refused open_tracepoint"));
}

}  // namespace
}  // namespace tcptrail::kernel
