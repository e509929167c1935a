// How a plan is told, with invented hooks; and where the real programs are attached.

#include "kernel/hook_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kernel/kernel_report.h"

namespace tcptrail::kernel {
namespace {

using model::EventReport;
using model::Kind;
using model::KindSet;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

const std::vector<Hook> kCatalog = {
    {"open",
     {Kind::kConnect},
     {},
     false,
     {{Backend::kFentry, {"open_fexit"}, {Need::kTrampolines}},
      {Backend::kTracepoint, {"open_exit", "open_exit2"}, {}},
      {Backend::kTracepoint, {"open_enter"}, {}}}},
    {"aside", {}, {Kind::kFail}, false, {{Backend::kKprobe, {"aside_kprobe"}, {Need::kKprobes}}}},
};

const AttachPoints kPoints = {{"open_fexit", "fexit/open"},
                              {"open_exit", "tracepoint/exit_open"},
                              {"open_exit2", "tracepoint/exit_open2"},
                              {"open_enter", "tracepoint/enter_open"},
                              {"aside_kprobe", "kprobe/aside"}};

std::vector<EventReport> report_on(const Features& features) {
  PlanRequest request;
  request.kinds = KindSet::all();
  return report_plan(kCatalog, plan_hooks(kCatalog, features, request), kPoints);
}

TEST(ReportPlan, TellsTheChosenHookAndWhereItIsAttached) {
  const auto events = report_on({.btf = true, .missing_capabilities = {}});

  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].event, "open");
  EXPECT_TRUE(events[0].needed);
  EXPECT_EQ(events[0].serves, KindSet{Kind::kConnect});
  ASSERT_TRUE(events[0].hook);
  EXPECT_EQ(events[0].hook->family, "tracepoint");
  EXPECT_THAT(events[0].hook->programs, ElementsAre("open_exit", "open_exit2"));
  EXPECT_THAT(events[0].hook->attach, ElementsAre("tracepoint/exit_open", "tracepoint/exit_open2"));
}

TEST(ReportPlan, TellsWhatSpeaksAgainstEachOtherVariant) {
  const auto events = report_on({.btf = true, .missing_capabilities = {}});

  ASSERT_EQ(events.front().rejected.size(), 2U);
  const auto& [fentry, spare] = std::pair(events[0].rejected[0], events[0].rejected[1]);
  EXPECT_EQ(fentry.hook.family, "fentry");
  EXPECT_THAT(fentry.hook.attach, ElementsAre("fexit/open"));
  EXPECT_EQ(fentry.reason, "the kernel refuses fentry and fexit programs");
  EXPECT_THAT(spare.hook.programs, ElementsAre("open_enter"));
  EXPECT_EQ(spare.reason, "the kernel takes it too, but tracepoint/exit_open comes first");
}

TEST(ReportPlan, NeedsNoEventThatOnlyCompletesThePicture) {
  const auto events = report_on({.btf = true, .missing_capabilities = {}});

  ASSERT_EQ(events.size(), 2U);
  EXPECT_FALSE(events[1].needed);
  EXPECT_FALSE(events[1].hook);
  ASSERT_EQ(events[1].rejected.size(), 1U);
  EXPECT_THAT(events[1].rejected[0].reason, HasSubstr("no kprobes"));
}

TEST(ReportUntried, GivesTheReasonForEveryVariant) {
  const auto events = report_untried(kCatalog, "not tried", kPoints);

  ASSERT_EQ(events.size(), 2U);
  EXPECT_FALSE(events[0].hook);
  ASSERT_EQ(events[0].rejected.size(), 3U);
  for (const auto& rejected : events[0].rejected) EXPECT_EQ(rejected.reason, "not tried");
}

TEST(AttachPoints, AreKnownOfEveryProgramInTheCatalog) {
  const AttachPoints points = attach_points();

  for (const Hook& hook : hook_catalog()) {
    for (const HookVariant& variant : hook.variants) {
      for (const std::string_view program : variant.programs) {
        const auto point = points.find(program);
        ASSERT_NE(point, points.end()) << program;
        EXPECT_THAT(point->second, HasSubstr("/")) << program;
        EXPECT_THAT(point->second, testing::Not(StartsWith("?"))) << program;
      }
    }
  }
}

TEST(ParseLockdown, TakesTheModeInBrackets) {
  EXPECT_EQ(parse_lockdown("[none] integrity confidentiality"), "none");
  EXPECT_EQ(parse_lockdown("none [integrity] confidentiality"), "integrity");
  EXPECT_EQ(parse_lockdown("none integrity [confidentiality]"), "confidentiality");
}

TEST(ParseLockdown, KnowsNothingWhereNothingIsMarked) {
  EXPECT_EQ(parse_lockdown(""), std::nullopt);
  EXPECT_EQ(parse_lockdown("none integrity"), std::nullopt);
  EXPECT_EQ(parse_lockdown("[none"), std::nullopt);
  EXPECT_EQ(parse_lockdown("none]"), std::nullopt);
}

TEST(ReportKernel, DoesNotKnowWhatWasNotTried) {
  const auto report = report_kernel({.btf = true, .missing_capabilities = {"CAP_BPF"}});

  EXPECT_THAT(report.release, testing::Not(IsEmpty()));
  EXPECT_THAT(report.missing_capabilities, ElementsAre("CAP_BPF"));
  EXPECT_TRUE(report.btf);
  EXPECT_EQ(report.tracefs, std::nullopt);
  EXPECT_EQ(report.trampolines, std::nullopt);
}

TEST(ReportKernel, TellsWhatTheKernelOffers) {
  const auto report = report_kernel({.btf = true, .tracefs = true, .missing_capabilities = {}});

  EXPECT_EQ(report.tracefs, true);
  EXPECT_EQ(report.kprobes, false);
  EXPECT_TRUE(report.lockdown || !report.lockdown_unknown.empty());
}

}  // namespace
}  // namespace tcptrail::kernel
