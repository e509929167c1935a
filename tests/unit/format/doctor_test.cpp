// An invented report as text.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "format/doctor_json.h"
#include "format/doctor_table.h"
#include "unit/support/golden.h"

namespace tcptrail::format {
namespace {

using model::DoctorReport;
using model::Kind;
using model::KindSet;
using test::expect_golden;
using testing::HasSubstr;
using testing::Not;

DoctorReport a_report() {
  DoctorReport report;
  report.kernel = {.release = "6.1.0-41-arm64",
                   .machine = "aarch64",
                   .lockdown = "integrity",
                   .lockdown_unknown = "",
                   .btf = true,
                   .missing_capabilities = {},
                   .tracefs = true,
                   .trampolines = true,
                   .kprobes = true,
                   .modern = true,
                   .allocating = false,
                   .preemptible = false};
  report.events = {
      {"socket state",
       KindSet::of_sockets(),
       {},
       "",
       true,
       {{"tracepoint", {"state_tracepoint"}, {"tp_btf/inet_sock_set_state"}}},
       {}},
      {"accept returned",
       {Kind::kAccept, Kind::kClose},
       {},
       "",
       true,
       {{"kprobe",
         {"accept_kprobe", "accept_kretprobe"},
         {"kprobe/inet_csk_accept", "kretprobe/inet_csk_accept"}}},
       {{{"fentry", {"accept_fexit"}, {"fexit/inet_csk_accept"}},
         "the kernel refused accept_fexit: it does not support that"},
        {{"tracepoint", {"accept_exit"}, {"tracepoint/syscalls/sys_exit_accept"}},
         "the kernel takes it too, but kprobe/inet_csk_accept comes first"},
        {{"tracepoint",
          {"accept_enter", "accept_leave"},
          {"tracepoint/syscalls/sys_enter_accept", "tracepoint/syscalls/sys_exit_accept"}},
         "the kernel takes it too, but kprobe/inet_csk_accept comes first"}}},
      {"Fast Open connect returned",
       {},
       {Kind::kFail},
       "",
       false,
       {},
       {{{"fentry", {"fastopen_v4_fexit"}, {"fexit/tcp_v4_connect"}}, "the kernel refuses them"}}},
      {"process forked",
       {},
       {},
       "who did it",
       false,
       {{"tracepoint", {"forked_tracepoint"}, {"tp_btf/sched_process_fork"}}},
       {}},
  };
  report.self_test = {{{Kind::kConnect, "", 123}, {Kind::kFail, "no route", 1'019'400}}};
  return report;
}

DoctorReport without_hooks() {
  DoctorReport report = a_report();
  report.kernel.lockdown = std::nullopt;
  report.kernel.lockdown_unknown = "securityfs is not mounted on /sys/kernel/security";
  report.kernel.trampolines = false;
  report.events[1].hook.reset();
  report.self_test->back().after = std::nullopt;
  report.problem = "this kernel offers no way to hear of: accept returned";
  return report;
}

TEST(DoctorTable, SaysWhatServesAndWhatDoesNot) { expect_golden("doctor.txt", doctor_table(a_report())); }

TEST(DoctorTable, SaysWhatIsMissing) { expect_golden("doctor_unserved.txt", doctor_table(without_hooks())); }

TEST(DoctorTable, FitsATerminal) {
  for (const std::string& table : {doctor_table(a_report()), doctor_table(without_hooks())}) {
    for (const std::string_view line : split(table, '\n')) EXPECT_LE(line.size(), 100U) << line;
  }
}

TEST(DoctorTable, ClaimsNothingAboutHooksThatWereNotTried) {
  DoctorReport report = a_report();
  report.kernel.missing_capabilities = {"CAP_BPF", "CAP_PERFMON"};
  report.kernel.tracefs = report.kernel.trampolines = report.kernel.kprobes = std::nullopt;
  report.kernel.modern = report.kernel.allocating = report.kernel.preemptible = std::nullopt;
  report.self_test = std::nullopt;
  report.problem = "tracing needs CAP_BPF and CAP_PERFMON";

  const std::string table = doctor_table(report);

  EXPECT_THAT(table, HasSubstr("missing: CAP_BPF, CAP_PERFMON"));
  EXPECT_THAT(table, HasSubstr("not known"));
  EXPECT_THAT(table, Not(HasSubstr("inet_sock_set_state")));
}

TEST(DoctorTable, EscapesWhatTheKernelCallsItself) {
  DoctorReport report = a_report();
  report.kernel.release = "6.1\x1b[2J";

  EXPECT_THAT(doctor_table(report), HasSubstr(R"(6.1\x1b[2J)"));
}

TEST(DoctorJson, IsOneObject) { expect_golden("doctor.json", doctor_json(a_report())); }

TEST(DoctorJson, LeavesOutWhatIsNotKnown) {
  DoctorReport report = without_hooks();
  report.kernel.tracefs = std::nullopt;

  const std::string json = doctor_json(report);

  EXPECT_THAT(json, Not(HasSubstr("lockdown")));
  EXPECT_THAT(json, Not(HasSubstr("\"tracefs\"")));
  EXPECT_THAT(json, HasSubstr(R"("usable":false,"problem":"this kernel offers)"));
  EXPECT_THAT(json, HasSubstr(R"({"event":"fail","what":"no route","arrived":false})"));
}

}  // namespace
}  // namespace tcptrail::format
