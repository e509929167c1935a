// `tcptrail doctor`: what it says of this kernel is what tracing comes to here, whatever kernel that is.

#include <gmock/gmock.h>
#include <sys/utsname.h>

#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "support/family.h"
#include "support/kernel_test.h"

namespace tcptrail::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Json = rapidjson::Value;

// It tries every hook there is; the self-test waits for what does not come.
constexpr Seconds kLimit{60};

Outcome doctor(
    const std::vector<std::string>& arguments, const std::function<void()>& prepare = [] {}) {
  std::vector<std::string> words{"doctor"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return Tracer({.arguments = words, .prepare = prepare, .by_descriptor = true}).wait_exit(kLimit);
}

Event report_of(const Outcome& outcome) {
  demand(outcome.lines.size() == 1, "not one line of JSON: " + outcome.report());
  return Event(outcome.lines.front());
}

const Json& member(const Json& object, const char* name) {
  const auto found = object.FindMember(name);
  demand(found != object.MemberEnd(), std::string("doctor does not tell ") + name);
  return found->value;
}

std::string text(const Json& object, const char* name) {
  return object.HasMember(name) && member(object, name).IsString() ? member(object, name).GetString() : "";
}

bool flag(const Json& object, const char* name) {
  return object.HasMember(name) && member(object, name).IsBool() && member(object, name).GetBool();
}

// All families that an event could have, the chosen one too.
std::set<std::string> families_of(const Json& event) {
  std::set<std::string> families;
  if (event.HasMember("hook")) families.insert(text(member(event, "hook"), "family"));
  for (const Json& rejected : member(event, "rejected").GetArray()) families.insert(text(rejected, "family"));
  return families;
}

// Of the family under test; a kernel may lack a hook that only it needs.
std::string lacks_some_event() {
  const auto traced = Tracer({.arguments = {"-e", "all", "-d", "0.01"}}).wait_exit(kLimit);
  return traced.exit_code == 3 ? traced.errors : "";
}

using DoctorTest = KernelTest;

TEST_F(DoctorTest, SaysWhatServesEachEvent) {
  TCPTRAIL_REQUIRE_OF_KERNEL(lacks_some_event());
  utsname kernel{};
  ::uname(&kernel);
  const auto outcome = doctor({});

  EXPECT_EQ(outcome.exit_code, 0) << outcome.report();
  EXPECT_THAT(outcome.complaints(), IsEmpty());
  EXPECT_THAT(outcome.output, HasSubstr(std::string(kernel.release) + " " + kernel.machine));
  EXPECT_THAT(outcome.output, HasSubstr("works here"));
  EXPECT_THAT(outcome.output, HasSubstr("tp_btf/inet_sock_set_state"));
  EXPECT_THAT(outcome.output, Not(HasSubstr("NONE")));
  for (const std::string& line : outcome.lines) EXPECT_LE(line.size(), 120U) << line;
}

TEST_F(DoctorTest, SaysItAsJson) {
  TCPTRAIL_REQUIRE_OF_KERNEL(lacks_some_event());
  utsname kernel{};
  ::uname(&kernel);
  const auto outcome = doctor({"--json"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.report();
  const Event report = report_of(outcome);

  EXPECT_EQ(text(*report.find("kernel"), "release"), kernel.release);
  EXPECT_EQ(text(*report.find("kernel"), "machine"), kernel.machine);
  EXPECT_TRUE(flag(report.json(), "btf"));
  EXPECT_TRUE(flag(report.json(), "usable"));
  EXPECT_TRUE(member(*report.find("capabilities"), "missing").Empty());
  EXPECT_FALSE(report.has("problem"));
  for (const char* feature : {"tracefs", "trampolines", "kprobes", "modern", "allocating", "preemptible"})
    EXPECT_TRUE((*report.find("features")).HasMember(feature)) << feature;
  for (const Json& event : report.find("events")->GetArray()) {
    EXPECT_TRUE(event.HasMember("hook") || !flag(event, "needed")) << text(event, "event");
    if (event.HasMember("hook")) {
      EXPECT_EQ(member(member(event, "hook"), "programs").Size(),
                member(member(event, "hook"), "attach").Size())
          << text(event, "event");
    }
    for (const Json& rejected : member(event, "rejected").GetArray()) {
      EXPECT_NE(text(rejected, "reason"), "") << text(event, "event");
      EXPECT_GT(member(rejected, "programs").Size(), 0U) << text(event, "event");
    }
  }
}

// What a family lacks in general is the reason why it is not chosen anywhere.
TEST_F(DoctorTest, GivesTheReasonsOfThisKernel) {
  const Event report = report_of(doctor({"--json", "--hooks", "auto"}));
  const Json& features = *report.find("features");
  for (const Json& event : report.find("events")->GetArray()) {
    for (const Json& rejected : member(event, "rejected").GetArray()) {
      const std::string family = text(rejected, "family");
      const std::string reason = text(rejected, "reason");
      EXPECT_THAT(reason, Not(HasSubstr("not tried")));
      if (family == "fentry" && !flag(features, "trampolines")) {
        EXPECT_THAT(reason, HasSubstr("refuses fentry"));
      }
      if (family == "kprobe" && !flag(features, "kprobes")) {
        EXPECT_THAT(reason, HasSubstr("no kprobes"));
      }
    }
  }
}

class DoctorOfFamilyTest : public DoctorTest, public ::testing::WithParamInterface<Family> {};

TEST_P(DoctorOfFamilyTest, IsRightAboutWhatTracingComesTo) {
  const std::string family(name_of(GetParam()));
  const auto traced =
      Tracer({.arguments = {"trace", "--hooks", family, "-e", "all", "-d", "0.01"}}).wait_exit(kLimit);
  const auto outcome = doctor({"--json", "--hooks", family});
  const Event report = report_of(outcome);

  EXPECT_EQ(outcome.exit_code, traced.exit_code) << outcome.report() << traced.report();
  EXPECT_EQ(flag(report.json(), "usable"), traced.exit_code == 0);
  EXPECT_EQ(report.has("problem"), traced.exit_code != 0);
  for (const Json& event : report.find("events")->GetArray()) {
    if (families_of(event).count(family) == 0) continue;
    if (event.HasMember("hook")) {
      EXPECT_EQ(text(member(event, "hook"), "family"), family) << text(event, "event");
      continue;
    }
    if (flag(event, "needed")) {
      EXPECT_THAT(outcome.errors, HasSubstr(text(event, "event")));
    }
    for (const Json& rejected : member(event, "rejected").GetArray()) {
      const bool asked_for = text(rejected, "family") == family;
      EXPECT_EQ(text(rejected, "reason") == "--hooks " + family + " was asked for", !asked_for)
          << text(event, "event") << ": " << text(rejected, "reason");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Families, DoctorOfFamilyTest, ::testing::ValuesIn(kFamilies),
                         [](const auto& one) { return std::string(name_of(one.param)); });

TEST_F(DoctorTest, ProvesThatEachEventArrives) {
  TCPTRAIL_REQUIRE_OF_KERNEL(lacks_some_event());
  const auto outcome = doctor({"--self-test", "--json"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.report();
  const Event report = report_of(outcome);
  ASSERT_TRUE(report.has("self_test")) << outcome.report();

  std::set<std::string> arrived;
  for (const Json& test : report.find("self_test")->GetArray()) {
    EXPECT_TRUE(flag(test, "arrived")) << text(test, "event") << " " << text(test, "what");
    EXPECT_TRUE(test.HasMember("after_us"));
    arrived.insert(text(test, "event"));
  }
  for (const char* kind : {"attempt", "connect", "fail", "pending", "accept", "close", "reject", "listen",
                           "unlisten", "snapshot"})
    EXPECT_THAT(arrived, Contains(kind));
}

TEST_F(DoctorTest, ProvesItForWhatOlderKernelsGetToo) {
  TCPTRAIL_REQUIRE_OF_KERNEL(lacks_some_event());
  const auto outcome = doctor({"--self-test"}, [] { ::setenv("TCPTRAIL_WITHOUT", "modern", 1); });
  EXPECT_EQ(outcome.exit_code, 0) << outcome.report();
  EXPECT_THAT(outcome.output, HasSubstr("arrived"));
  EXPECT_THAT(outcome.output, Not(HasSubstr("MISSING")));
}

TEST_F(DoctorTest, LeavesNoTrafficInTheNamespaceOfItsUser) {
  TCPTRAIL_REQUIRE_OF_KERNEL(lacks_some_event());
  const auto traced = trace_json({"-e", socket_events()},
                                 [&] { ns().run([] { EXPECT_EQ(doctor({"--self-test"}).exit_code, 0); }); });
  EXPECT_THAT(happenings(traced.events()), IsEmpty()) << traced.report();
}

TEST_F(DoctorTest, SaysWhatItCanWithoutPrivileges) {
  const auto outcome = doctor({"--json", "--self-test"}, become_nobody);
  EXPECT_EQ(outcome.exit_code, 3) << outcome.report();
  EXPECT_THAT(outcome.errors, HasSubstr("CAP_BPF"));
  const Event report = report_of(outcome);
  EXPECT_FALSE(flag(report.json(), "usable"));
  EXPECT_TRUE(flag(report.json(), "btf"));
  EXPECT_THAT(text(report.json(), "problem"), HasSubstr("CAP_PERFMON"));
  EXPECT_EQ(member(*report.find("capabilities"), "missing").Size(), 2U);
  EXPECT_TRUE(report.find("features")->ObjectEmpty()) << outcome.report();
  EXPECT_FALSE(report.has("self_test"));
  for (const Json& event : report.find("events")->GetArray()) {
    EXPECT_FALSE(event.HasMember("hook"));
    for (const Json& rejected : member(event, "rejected").GetArray())
      EXPECT_THAT(text(rejected, "reason"), HasSubstr("not tried"));
  }
}

TEST_F(DoctorTest, SaysThatThereIsNoBtf) {
  const auto outcome = doctor({"--json"}, [] { ::setenv("TCPTRAIL_WITHOUT", "btf", 1); });
  EXPECT_EQ(outcome.exit_code, 3) << outcome.report();
  EXPECT_THAT(outcome.errors, HasSubstr("CONFIG_DEBUG_INFO_BTF"));
  const Event report = report_of(outcome);
  EXPECT_FALSE(flag(report.json(), "btf"));
  EXPECT_FALSE(flag(report.json(), "usable"));
}

}  // namespace
}  // namespace tcptrail::test
