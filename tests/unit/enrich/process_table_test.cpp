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
  static model::ProcessState state(Who who, Who parent, const std::string& comm, model::Execs execs) {
    model::ProcessState state;
    state.pid = who.pid;
    state.start = who.start;
    state.parent_pid = parent.pid;
    state.parent_mark = model::start_mark(parent.start);
    state.comm = Comm(comm);
    state.execs = execs;
    return state;
  }
  // execs: that of the process, as it is then.
  void fork(Who who, Who parent, model::Execs execs = 0) {
    table_.learn(model::Forked{state(who, parent, "sh", execs)});
  }
  void exec(Who who, Who parent, const std::string& exe, model::Execs execs,
            std::vector<std::string> args = {}) {
    auto program = std::make_shared<model::Program>();
    program->exe = exe;
    program->args = std::move(args);
    program->cwd = "/";
    table_.learn(model::Execed{state(who, parent, exe.substr(exe.rfind('/') + 1), execs), program});
  }
  void exit(Who who) { table_.learn(model::Exited{state(who, {0, 0}, "sh", 0)}); }

  std::shared_ptr<const Process> find(Who who, model::Execs execs = 0) {
    return table_.find(who.pid, model::start_mark(who.start), execs);
  }
  std::string exe_of(Who who, model::Execs execs = 0) {
    const auto process = find(who, execs);
    if (!process) return "unknown";
    return process->program ? process->program->exe : "no program";
  }
  static std::vector<std::string> lineage(const Process& process) {
    std::vector<std::string> all;
    for (const auto* one = process.ancestors.get(); one != nullptr; one = one->parent.get())
      all.push_back(std::to_string(one->pid) + " " + one->exe);
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
  exec(kShell, {1, 0}, "/bin/sh", 4);
  fork(kChild, kShell, 4);
  exec(kChild, kShell, "/usr/bin/curl", 5, {"curl", "-s"});
  exit(kChild);

  const auto process = find(kChild, 5);

  ASSERT_TRUE(process);
  EXPECT_EQ(process->ppid, 50U);
  EXPECT_EQ(process->start, kBoot + 6 * kSecond);
  EXPECT_EQ(process->program->exe, "/usr/bin/curl");
  EXPECT_THAT(process->program->args, ElementsAre("curl", "-s"));
  EXPECT_THAT(lineage(*process), ElementsAre("50 /bin/sh"));
}

TEST_F(ProcessTableTest, GivesAChildWhatItsParentRuns) {
  exec(kShell, {1, 0}, "/bin/sh", 4);
  fork(kChild, kShell, 4);
  fork(kGrandchild, kChild, 4);

  EXPECT_EQ(exe_of(kGrandchild, 4), "/bin/sh");
  EXPECT_THAT(lineage(*find(kGrandchild, 4)), ElementsAre("51 /bin/sh", "50 /bin/sh"));
}

TEST_F(ProcessTableTest, KeepsTheLineageAsItWasAtTheFork) {
  exec(kShell, {1, 0}, "/bin/sh", 4);
  fork(kChild, kShell, 4);
  exec(kShell, {1, 0}, "/bin/true", 5);
  fork(kGrandchild, kShell, 5);

  EXPECT_THAT(lineage(*find(kChild, 4)), ElementsAre("50 /bin/sh"));
  EXPECT_THAT(lineage(*find(kGrandchild, 5)), ElementsAre("50 /bin/true"));
}

TEST_F(ProcessTableTest, TellsWhatItRanWhenItHadExecutedThatOften) {
  exec(kShell, {1, 0}, "/bin/sh", 255);
  exec(kShell, {1, 0}, "/bin/nc", 0);

  EXPECT_EQ(exe_of(kShell, 255), "/bin/sh");
  EXPECT_EQ(exe_of(kShell, 0), "/bin/nc");
}

TEST_F(ProcessTableTest, TakesAnExecThatIsToldTwiceForOne) {
  exec(kShell, {1, 0}, "/bin/sh", 4);
  for (int i = 0; i < 20; ++i) exec(kShell, {1, 0}, "/bin/nc", 5);

  EXPECT_EQ(exe_of(kShell, 4), "/bin/sh");
  EXPECT_EQ(exe_of(kShell, 5), "/bin/nc");
}

TEST_F(ProcessTableTest, SaysNothingOfAProgramThatItWasNotToldOf) {
  exec(kShell, {1, 0}, "/bin/sh", 4);
  fork(kChild, kShell, 4);
  exit(kChild);

  EXPECT_EQ(exe_of(kChild, 5), "no program");
  EXPECT_THAT(lineage(*find(kChild, 5)), ElementsAre("50 /bin/sh"));
  EXPECT_EQ(exe_of(kShell, 3), "no program") << "from before it was known";
  EXPECT_EQ(exe_of(kShell, 4), "/bin/sh");
}

TEST_F(ProcessTableTest, LooksInProcForAProgramThatItWasNotToldOf) {
  exec(kShell, {1, 0}, "/bin/sh", 4);
  proc_.put({.pid = 50, .start_ticks = 500, .comm = "nc", .exe = "/bin/nc", .args = {"nc"}});

  EXPECT_EQ(exe_of(kShell, 5), "/bin/nc");
  EXPECT_EQ(exe_of(kShell, 3), "no program") << "what it runs now says nothing of then";
  fork(kChild, kShell, 5);
  EXPECT_EQ(exe_of(kChild, 5), "/bin/nc");
}

TEST_F(ProcessTableTest, NeverTakesAProcessForAnotherOfItsId) {
  const Who later = {kChild.pid, kChild.start + 100 * kSecond};
  exec(kChild, kShell, "/bin/first", 4);
  exit(kChild);
  fork(later, kShell, 4);
  exec(later, kShell, "/bin/second", 5);

  EXPECT_EQ(exe_of(kChild, 4), "/bin/first");
  EXPECT_EQ(exe_of(later, 5), "/bin/second");
  EXPECT_EQ(exe_of({kChild.pid, kChild.start + 50 * kSecond}, 4), "unknown");
  EXPECT_EQ(exe_of({kChild.pid, 0}), "/bin/second") << "no mark: the last";
}

TEST_F(ProcessTableTest, EndsWhoeverHadTheIdThoughNobodySaidSo) {
  exec(kChild, kShell, "/bin/first", 4);
  fork({kChild.pid, kChild.start + kSecond}, kShell);

  EXPECT_EQ(table_.counts().live, 1U);
  EXPECT_EQ(table_.counts().ended, 1U);
}

// /proc has shown who has the id now, and then comes what is left of the news of the one before.
TEST_F(ProcessTableTest, EndsNobodyForOneThatHadTheIdBefore) {
  const Who later = {kChild.pid, kChild.start + kSecond};
  exec(later, kShell, "/bin/second", 5);
  exec(kChild, kShell, "/bin/first", 4);
  exit(kChild);

  EXPECT_EQ(table_.counts().live, 1U);
  EXPECT_EQ(exe_of({kChild.pid, 0}), "/bin/second");
  EXPECT_EQ(exe_of(kChild, 4), "/bin/first");
}

TEST_F(ProcessTableTest, LooksInProcForAParentThatItWasNotToldOf) {
  proc_.put({.pid = 50, .start_ticks = 500});
  fork(kChild, kShell, 4);

  EXPECT_EQ(exe_of(kChild, 4), "/bin/sh");
  EXPECT_THAT(lineage(*find(kChild, 4)), ElementsAre("50 /bin/sh"));
}

TEST_F(ProcessTableTest, ShowsTheEndOfAnAncestorsLongPath) {
  exec(kShell, {1, 0}, "/" + std::string(4000, 'x') + "/sh", 4);
  fork(kChild, kShell, 4);

  const auto process = find(kChild, 4);

  ASSERT_TRUE(process && process->ancestors);
  EXPECT_EQ(process->ancestors->exe.size(), model::kMostAncestorExe);
  EXPECT_TRUE(process->ancestors->exe.starts_with("...x") && process->ancestors->exe.ends_with("x/sh"));
}

TEST_F(ProcessTableTest, TellsOneStartThroughout) {
  ProcessTable table{ProcReader(proc_.root())};  // which has to ask two clocks when it was
  for (const model::Execs execs : {model::Execs{4}, model::Execs{5}}) {
    model::Execed news{};
    news.process.pid = kShell.pid;
    news.process.start = kShell.start;
    news.process.execs = execs;
    table.learn(news);
  }
  const model::StartMark mark = model::start_mark(kShell.start);

  const auto first = table.find(kShell.pid, mark, 4);
  const auto second = table.find(kShell.pid, mark, 5);

  ASSERT_NE(first, second);
  EXPECT_EQ(first->start, second->start);
}

TEST_F(ProcessTableTest, IsSeededFromProcWithLineages) {
  proc_.put({.pid = 1, .start_ticks = 1, .parent = 0, .comm = "init", .exe = "/sbin/init", .args = {"init"}});
  proc_.put({.pid = 50, .start_ticks = 500, .parent = 60, .comm = "sh", .args = {"sh", "-c", "x"}});
  proc_.put({.pid = 60, .start_ticks = 400, .parent = 1, .comm = "sshd", .exe = "/sbin/sshd"});
  table_.seed();

  const auto process = find(kShell);

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
  fork(exact, {1, 0}, 8);
  exec(exact, {1, 0}, "/bin/next", 9);

  EXPECT_EQ(table_.counts().live, 1U);
  for (const model::Execs execs : {model::Execs{8}, model::Execs{9}})
    EXPECT_EQ(find(exact, execs)->start, kBoot + 5 * kSecond) << "as it was told at first";
  EXPECT_EQ(exe_of(exact, 8), "/bin/sh");
  EXPECT_EQ(exe_of(exact, 9), "/bin/next");
}

// The news is older than what /proc showed, though it is read after it.
TEST_F(ProcessTableTest, TakesAnExecThatProcShowedAlreadyForOne) {
  proc_.put({.pid = 50, .start_ticks = 500});
  table_.seed();
  exec(kShell, {1, 0}, "/bin/sh", 9, {"sh"});

  EXPECT_EQ(exe_of(kShell, 8), "no program");
  EXPECT_EQ(exe_of(kShell, 9), "/bin/sh");
}

TEST_F(ProcessTableTest, LooksInProcForWhomItDoesNotKnow) {
  proc_.put({.pid = 50, .start_ticks = 500});

  EXPECT_EQ(exe_of(kShell), "/bin/sh");
  EXPECT_EQ(exe_of({50, 9 * kSecond}), "unknown") << "it is another one that has the id now";
  EXPECT_EQ(exe_of({99, kSecond}), "unknown");
  proc_.put({.pid = 99, .start_ticks = 100});
  EXPECT_EQ(exe_of({99, kSecond}), "unknown") << "asked for once, not at each event";
}

TEST_F(ProcessTableTest, LooksAgainWhenNewsWasLost) {
  proc_.put({.pid = 50, .start_ticks = 500});
  table_.seed();
  proc_.put({.pid = 50, .start_ticks = 500, .comm = "nc", .exe = "/bin/nc", .args = {"nc", "-l"}});

  table_.news_lost();

  EXPECT_EQ(exe_of(kShell, 9), "/bin/nc");
}

TEST_F(ProcessTableTest, KeepsWhatItWasToldWhenNewsWasLost) {
  exec(kShell, {1, 0}, "/bin/sh", 4);
  proc_.put({.pid = 50, .start_ticks = 500, .comm = "nc", .exe = "/bin/nc", .args = {"nc"}});
  table_.news_lost();

  EXPECT_EQ(exe_of(kShell, 4), "/bin/sh") << "the connection of the program before";
  EXPECT_EQ(exe_of(kShell, 5), "/bin/nc");
  EXPECT_EQ(exe_of(kShell, 4), "/bin/sh");
}

// It is ending: there is nothing in /proc but its name.
TEST_F(ProcessTableTest, KeepsAProgramThatProcDoesNotShowAnyMore) {
  proc_.put({.pid = 50, .start_ticks = 500});
  table_.seed();
  proc_.put({.pid = 50, .start_ticks = 500, .exe = ""});
  table_.news_lost();

  EXPECT_EQ(exe_of(kShell, 4), "/bin/sh");
}

TEST_F(ProcessTableTest, TakesALivingParentForOneThatHadItsId) {
  exec({60, kSecond}, {1, 0}, "/sbin/cron", 1);
  exit({60, kSecond});
  proc_.put({.pid = 60, .start_ticks = 400, .parent = 0, .exe = "/sbin/sshd"});
  proc_.put({.pid = 50, .start_ticks = 500, .parent = 60});

  EXPECT_THAT(lineage(*find(kShell)), ElementsAre("60 /sbin/sshd"));
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
  EXPECT_FALSE(find({1000, 1000 * kSecond}));
  EXPECT_TRUE(find({1149, 1149 * kSecond}));

  for (std::uint32_t pid = 1100; pid < 1150; ++pid) exit({pid, pid * kSecond});
  EXPECT_EQ(table_.counts().ended, limits_.ended);
  EXPECT_TRUE(find({1149, 1149 * kSecond}));
  EXPECT_FALSE(find({1120, 1120 * kSecond}));
}

// Its end makes room among the ended, where its parent is the first to go.
TEST_F(ProcessTableTest, TakesALineageFromAParentThatGoesAtThatMoment) {
  exec({1000, 10 * kSecond}, {1, 0}, "/bin/parent", 1);
  exit({1000, 10 * kSecond});
  for (std::uint32_t i = 1; i < limits_.ended; ++i) {
    fork({1000 + i, 10 * kSecond + i}, kShell);
    exit({1000 + i, 10 * kSecond + i});
  }
  fork({2000, 20 * kSecond}, kShell);  // it will be found to have ended, as its id is used again
  fork({2000, 30 * kSecond}, {1000, 10 * kSecond}, 1);

  EXPECT_THAT(lineage(*find({2000, 30 * kSecond}, 1)), ElementsAre("1000 /bin/parent"));
  EXPECT_FALSE(find({1000, 10 * kSecond}, 1));
}

// A daemon that forks and ends, again and again.
TEST_F(ProcessTableTest, HasLineagesOfBoundedLength) {
  Who parent = {100, kSecond};
  exec(parent, {1, 0}, "/bin/hydra", 1);
  for (std::uint32_t i = 1; i < 100'000; ++i) {
    const Who child = {100 + i, kSecond + i};
    fork(child, parent, 1);
    exit(parent);
    parent = child;
  }
  const auto process = find(parent, 1);

  ASSERT_TRUE(process);
  EXPECT_EQ(process->program->exe, "/bin/hydra");
  const auto length = lineage(*process).size();
  EXPECT_GE(length, 32U);
  EXPECT_LE(length, 65U);
}

TEST_F(ProcessTableTest, KeepsTheLatestOfManyPrograms) {
  for (unsigned i = 0; i < 20; ++i)
    exec(kShell, {1, 0}, "/bin/" + std::to_string(i), static_cast<model::Execs>(i));

  EXPECT_EQ(exe_of(kShell, 19), "/bin/19");
  EXPECT_EQ(exe_of(kShell, 15), "/bin/15");
  for (const model::Execs old : {model::Execs{3}, model::Execs{4}})
    EXPECT_EQ(exe_of(kShell, old), "no program");
  EXPECT_EQ(exe_of(kShell, 19), "/bin/19");
}

TEST_F(ProcessTableTest, MakesAnIdentityOnce) {
  exec(kShell, {1, 0}, "/bin/sh", 4);

  EXPECT_EQ(find(kShell, 4), find(kShell, 4));
}

}  // namespace
}  // namespace tcptrail::enrich
