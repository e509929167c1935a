// Who is who, by news in every order and an invented /proc.

#include "enrich/process_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/enrich/fake_proc.h"

namespace tcptrail::enrich {
namespace {

using model::BootNs;
using model::Comm;
using model::Process;
using test::FakeProc;
using testing::ElementsAre;

constexpr UnixNs kBoot = 1'700'000'000'000'000'000;
constexpr BootNs kSecond = 1'000'000'000;

struct Who {
  std::uint32_t pid;
  BootNs start;
};

class ProcessTableTest : public testing::Test {
 protected:
  static model::ProcessState state(Who who, Who parent, const std::string& comm, UnixNs time) {
    model::ProcessState state;
    state.pid = who.pid;
    state.start = who.start;
    state.parent_pid = parent.pid;
    state.parent_mark = model::start_mark(parent.start);
    state.comm = Comm(comm);
    state.time = time;
    return state;
  }
  void fork(Who who, Who parent, const std::string& comm = "sh") {
    table_.learn(model::Forked{state(who, parent, comm, kBoot + who.start)});
  }
  void exec(Who who, Who parent, const std::string& exe, UnixNs time, std::vector<std::string> args = {}) {
    auto program = std::make_shared<model::Program>();
    program->exe = exe;
    program->args = std::move(args);
    table_.learn(model::Execed{state(who, parent, exe.substr(exe.rfind('/') + 1), time), program});
  }
  void exit(Who who) { table_.learn(model::Exited{state(who, {0, 0}, "sh", 0)}); }

  std::shared_ptr<const Process> find(Who who, UnixNs when, const std::string& comm = "none") {
    return table_.find(who.pid, model::start_mark(who.start), when, when, Comm(comm));
  }
  std::string exe_of(Who who, UnixNs when = kBoot + 1000 * kSecond) {
    const auto process = find(who, when);
    if (!process) return "unknown";
    return process->program ? process->program->exe : "no program";
  }
  static std::vector<std::string> lineage(const Process& process) {
    std::vector<std::string> all;
    for (const auto* one = process.ancestors.get(); one != nullptr; one = one->parent.get())
      all.push_back(std::to_string(one->pid) + " " + (one->program ? one->program->exe : ""));
    return all;
  }

  FakeProc proc_;
  ProcessTableLimits limits_{.live = 100, .ended = 10, .unknown = 64};
  ProcessTable table_{ProcReader(proc_.root()), limits_, kBoot};
};

constexpr Who kShell = {50, 5 * kSecond};
constexpr Who kChild = {51, 6 * kSecond};
constexpr Who kGrandchild = {52, 7 * kSecond};

TEST_F(ProcessTableTest, KnowsAProcessWholeThatIsGoneBeforeItIsAskedFor) {
  exec(kShell, {1, 0}, "/bin/sh", kBoot + 5 * kSecond);
  fork(kChild, kShell);
  exec(kChild, kShell, "/usr/bin/curl", kBoot + 6 * kSecond, {"curl", "-s"});
  exit(kChild);

  const auto process = find(kChild, kBoot + 6 * kSecond + 1);

  ASSERT_TRUE(process);
  EXPECT_EQ(process->ppid, 50U);
  EXPECT_EQ(process->start, kBoot + 6 * kSecond);
  EXPECT_EQ(process->program->exe, "/usr/bin/curl");
  EXPECT_THAT(process->program->args, ElementsAre("curl", "-s"));
  EXPECT_THAT(lineage(*process), ElementsAre("50 /bin/sh"));
}

TEST_F(ProcessTableTest, GivesAChildWhatItsParentRuns) {
  exec(kShell, {1, 0}, "/bin/sh", kBoot + 5 * kSecond);
  fork(kChild, kShell);
  fork(kGrandchild, kChild);

  EXPECT_EQ(exe_of(kGrandchild), "/bin/sh");
  EXPECT_THAT(lineage(*find(kGrandchild, kBoot)), ElementsAre("51 /bin/sh", "50 /bin/sh"));
}

TEST_F(ProcessTableTest, KeepsTheLineageAsItWasAtTheFork) {
  exec(kShell, {1, 0}, "/bin/sh", kBoot + 5 * kSecond);
  fork(kChild, kShell);
  exec(kShell, {1, 0}, "/bin/true", kBoot + 6 * kSecond);
  fork(kGrandchild, kShell);

  EXPECT_THAT(lineage(*find(kChild, kBoot)), ElementsAre("50 /bin/sh"));
  EXPECT_THAT(lineage(*find(kGrandchild, kBoot)), ElementsAre("50 /bin/true"));
}

TEST_F(ProcessTableTest, TellsWhatItRanAtThatTime) {
  exec(kShell, {1, 0}, "/bin/sh", kBoot + 10 * kSecond);
  exec(kShell, {1, 0}, "/bin/nc", kBoot + 20 * kSecond);

  EXPECT_EQ(exe_of(kShell, kBoot + 15 * kSecond), "/bin/sh");
  EXPECT_EQ(exe_of(kShell, kBoot + 20 * kSecond), "/bin/nc");
}

// A connection that was made, or accepted, at some time between the two.
TEST_F(ProcessTableTest, ChoosesByTheNameAmongWhatItRanMeanwhile) {
  exec(kShell, {1, 0}, "/lib/systemd", kBoot + 10 * kSecond);
  exec(kShell, {1, 0}, "/bin/server", kBoot + 20 * kSecond);
  exec(kShell, {1, 0}, "/bin/bash", kBoot + 30 * kSecond);
  const auto between = [&](const std::string& comm) {
    return table_
        .find(kShell.pid, model::start_mark(kShell.start), kBoot + 15 * kSecond, kBoot + 40 * kSecond,
              Comm(comm))
        ->program->exe;
  };

  EXPECT_EQ(between("server"), "/bin/server");
  EXPECT_EQ(between("bash"), "/bin/bash");
  EXPECT_EQ(between("worker-1"), "/lib/systemd") << "a thread's own name says nothing: the first";
}

TEST_F(ProcessTableTest, NeverTakesAProcessForAnotherOfItsId) {
  const Who later = {kChild.pid, kChild.start + 100 * kSecond};
  exec(kChild, kShell, "/bin/first", kBoot + 6 * kSecond);
  exit(kChild);
  fork(later, kShell);
  exec(later, kShell, "/bin/second", kBoot + 106 * kSecond);

  EXPECT_EQ(exe_of(kChild), "/bin/first");
  EXPECT_EQ(exe_of(later), "/bin/second");
  EXPECT_EQ(exe_of({kChild.pid, kChild.start + 50 * kSecond}), "unknown");
  EXPECT_EQ(exe_of({kChild.pid, 0}), "/bin/second") << "no mark: the last";
}

TEST_F(ProcessTableTest, EndsWhoeverHadTheIdThoughNobodySaidSo) {
  exec(kChild, kShell, "/bin/first", kBoot + 6 * kSecond);
  fork({kChild.pid, kChild.start + kSecond}, kShell);

  EXPECT_EQ(table_.counts().live, 1U);
  EXPECT_EQ(table_.counts().ended, 1U);
}

TEST_F(ProcessTableTest, IsSeededFromProcWithLineages) {
  proc_.put({.pid = 1, .start_ticks = 1, .parent = 0, .comm = "init", .exe = "/sbin/init", .args = {"init"}});
  proc_.put({.pid = 50, .start_ticks = 500, .parent = 60, .comm = "sh", .args = {"sh", "-c", "x"}});
  proc_.put({.pid = 60, .start_ticks = 400, .parent = 1, .comm = "sshd", .exe = "/sbin/sshd"});
  table_.seed();

  const auto process = find(kShell, kBoot);

  ASSERT_TRUE(process);
  EXPECT_EQ(process->program->exe, "/bin/sh");
  EXPECT_THAT(process->program->args, ElementsAre("sh", "-c", "x"));
  EXPECT_THAT(lineage(*process), ElementsAre("60 /sbin/sshd", "1 /sbin/init"));
  EXPECT_EQ(table_.counts().live, 3U);
}

TEST_F(ProcessTableTest, MakesWhatProcShowedExactByTheFirstNews) {
  proc_.put({.pid = 50, .start_ticks = 500});
  table_.seed();
  const Who exact = {50, 5 * kSecond + 7'000'000};
  fork(exact, {1, 0});
  exec(exact, {1, 0}, "/bin/next", kBoot + 8 * kSecond);

  EXPECT_EQ(table_.counts().live, 1U);
  EXPECT_EQ(find(exact, kBoot)->start, kBoot + exact.start);
  EXPECT_EQ(exe_of(exact, kBoot + 7 * kSecond), "/bin/sh");
  EXPECT_EQ(exe_of(exact, kBoot + 9 * kSecond), "/bin/next");
}

TEST_F(ProcessTableTest, LooksInProcForWhomItDoesNotKnow) {
  proc_.put({.pid = 50, .start_ticks = 500});

  EXPECT_EQ(exe_of(kShell), "/bin/sh");
  EXPECT_EQ(exe_of({50, 9 * kSecond}), "unknown") << "it is another one that has the id now";
  proc_.put({.pid = 51, .start_ticks = 600});
  EXPECT_EQ(exe_of({99, kSecond}), "unknown");
  proc_.put({.pid = 99, .start_ticks = 100});
  EXPECT_EQ(exe_of({99, kSecond}), "unknown") << "asked for once, not at each event";
}

TEST_F(ProcessTableTest, LooksAgainWhenNewsWasLost) {
  proc_.put({.pid = 50, .start_ticks = 500});
  table_.seed();
  EXPECT_EQ(exe_of(kShell), "/bin/sh");
  proc_.put({.pid = 50, .start_ticks = 500, .comm = "nc", .exe = "/bin/nc", .args = {"nc", "-l"}});

  EXPECT_EQ(exe_of(kShell), "/bin/sh") << "nothing says that it changed";
  table_.news_lost();
  find(kShell, kBoot);  // the change was noticed just now, so it is told from now on
  EXPECT_EQ(exe_of(kShell, unix_now() + kSecond), "/bin/nc");
}

TEST_F(ProcessTableTest, KeepsWhatItKnowsOfOneThatEndedAmongLostNews) {
  proc_.put({.pid = 50, .start_ticks = 500});
  table_.seed();
  proc_.put({.pid = 50, .start_ticks = 900, .exe = "/bin/other"});
  table_.news_lost();

  EXPECT_EQ(exe_of(kShell), "/bin/sh");
}

TEST_F(ProcessTableTest, IsBounded) {
  for (std::uint32_t pid = 1000; pid < 1150; ++pid) fork({pid, pid * kSecond}, kShell);
  EXPECT_EQ(table_.counts().live, limits_.live);
  EXPECT_EQ(table_.counts().evicted, 50U);
  EXPECT_FALSE(find({1000, 1000 * kSecond}, kBoot));
  EXPECT_TRUE(find({1149, 1149 * kSecond}, kBoot));

  for (std::uint32_t pid = 1100; pid < 1150; ++pid) exit({pid, pid * kSecond});
  EXPECT_EQ(table_.counts().ended, limits_.ended);
  EXPECT_TRUE(find({1149, 1149 * kSecond}, kBoot));
  EXPECT_FALSE(find({1120, 1120 * kSecond}, kBoot));
}

// A daemon that forks and ends, again and again.
TEST_F(ProcessTableTest, HasLineagesOfBoundedLength) {
  Who parent = {100, kSecond};
  exec(parent, {1, 0}, "/bin/hydra", kBoot);
  for (std::uint32_t i = 1; i < 100'000; ++i) {
    const Who child = {100 + i, kSecond + i};
    fork(child, parent);
    exit(parent);
    parent = child;
  }
  const auto process = find(parent, kBoot);

  ASSERT_TRUE(process);
  EXPECT_EQ(process->program->exe, "/bin/hydra");
  const auto length = lineage(*process).size();
  EXPECT_GE(length, 32U);
  EXPECT_LE(length, 65U);
}

TEST_F(ProcessTableTest, KeepsTheLatestOfManyPrograms) {
  for (unsigned i = 0; i < 20; ++i)
    exec(kShell, {1, 0}, "/bin/" + std::to_string(i), kBoot + (10 + i) * kSecond);

  EXPECT_EQ(exe_of(kShell, kBoot + 29 * kSecond), "/bin/19");
  EXPECT_EQ(exe_of(kShell, kBoot + 25 * kSecond), "/bin/15");
}

TEST_F(ProcessTableTest, MakesAnIdentityOnce) {
  exec(kShell, {1, 0}, "/bin/sh", kBoot);

  EXPECT_EQ(find(kShell, kBoot), find(kShell, kBoot + kSecond));
}

}  // namespace
}  // namespace tcptrail::enrich
