#include "enrich/proc_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "unit/enrich/fake_proc.h"

namespace tcptrail::enrich {
namespace {

using test::FakeProc;
using testing::ElementsAre;
using testing::IsEmpty;

class ProcReaderTest : public testing::Test {
 protected:
  ProcEntry read(const FakeProc::Process& process) const {
    proc_.put(process);
    const auto entry = reader_.read(process.pid);
    EXPECT_TRUE(entry);
    return entry.value_or(ProcEntry{});
  }

  FakeProc proc_;
  ProcReader reader_{proc_.root()};
};

TEST_F(ProcReaderTest, TellsWhatProcShows) {
  const ProcEntry entry = read({.pid = 42,
                                .start_ticks = 777,
                                .parent = 7,
                                .session = 40,
                                .comm = "curl",
                                .exe = "/usr/bin/curl",
                                .args = {"curl", "", "-s"},
                                .cwd = "/home/me",
                                .loginuid = "1000",
                                .ns_pids = "42\t3"});

  EXPECT_EQ(entry.pid, 42U);
  EXPECT_EQ(entry.start, 777 * (1'000'000'000UL / static_cast<unsigned long>(::sysconf(_SC_CLK_TCK))));
  EXPECT_EQ(entry.parent_pid, 7U);
  EXPECT_EQ(entry.session, 40U);
  EXPECT_EQ(entry.comm.view(), "curl");
  EXPECT_EQ(entry.loginuid, 1000U);
  EXPECT_EQ(entry.ns_pid, 3U);
  ASSERT_TRUE(entry.program);
  EXPECT_EQ(entry.program->exe, "/usr/bin/curl");
  EXPECT_THAT(entry.program->args, ElementsAre("curl", "", "-s"));
  EXPECT_EQ(entry.program->cwd, "/home/me");
}

TEST_F(ProcReaderTest, KnowsWhatIsNotThere) {
  const ProcEntry entry = read({.pid = 42});

  EXPECT_EQ(entry.session, std::nullopt);
  EXPECT_EQ(entry.loginuid, std::nullopt);
  EXPECT_EQ(entry.ns_pid, std::nullopt);
  EXPECT_FALSE(entry.program->exe_deleted || entry.program->exe_memfd || entry.program->args_truncated);
}

TEST_F(ProcReaderTest, TellsAProgramWithoutAFile) {
  const ProcEntry deleted = read({.pid = 42, .exe = "/tmp/x (deleted)"});
  EXPECT_EQ(deleted.program->exe, "/tmp/x");
  EXPECT_TRUE(deleted.program->exe_deleted);

  const ProcEntry memory = read({.pid = 42, .exe = "/memfd:payload (deleted)"});
  EXPECT_EQ(memory.program->exe, "memfd:payload");
  EXPECT_TRUE(memory.program->exe_memfd);
  EXPECT_FALSE(memory.program->exe_deleted);
}

TEST_F(ProcReaderTest, HasNoProgramForAThreadOfTheKernel) {
  EXPECT_EQ(read({.pid = 2, .parent = 0, .comm = "kthreadd", .exe = ""}).program, nullptr);
}

TEST_F(ProcReaderTest, TakesANameThatLooksLikeWhatFollows) {
  const ProcEntry entry = read({.pid = 42, .start_ticks = 9, .parent = 7, .comm = "a) S 1 (\nb"});

  EXPECT_EQ(entry.comm.view(), "a) S 1 (\nb");
  EXPECT_EQ(entry.parent_pid, 7U);
}

TEST_F(ProcReaderTest, CutsLongArguments) {
  const ProcEntry entry = read({.pid = 42, .args = {"sh", std::string(5000, 'x')}});

  EXPECT_TRUE(entry.program->args_truncated);
  EXPECT_THAT(entry.program->args, ElementsAre("sh", std::string(4096 - 3, 'x')));
}

TEST_F(ProcReaderTest, TellsNothingOfWhatIsNoProcess) {
  EXPECT_EQ(reader_.read(4711), std::nullopt);
  for (const char* const stat : {"", "42", "42 (sh)", "42 (sh) S 1 2 3", "42 )sh( S 1", "42 (sh"}) {
    proc_.write(42, "stat", stat);
    EXPECT_EQ(reader_.read(42), std::nullopt) << stat;
  }
}

TEST_F(ProcReaderTest, ListsTheProcessesAlone) {
  proc_.put({.pid = 42});
  proc_.put({.pid = 7});
  std::filesystem::create_directories(proc_.root() + "/self");
  std::filesystem::create_directories(proc_.root() + "/4x");

  EXPECT_THAT(reader_.pids(), ElementsAre(7, 42));
  EXPECT_THAT(ProcReader("/nonexistent").pids(), IsEmpty());
}

TEST_F(ProcReaderTest, ReadsTheRealOne) {
  const auto self = ProcReader().read(static_cast<std::uint32_t>(::getpid()));

  ASSERT_TRUE(self);
  EXPECT_EQ(self->parent_pid, static_cast<std::uint32_t>(::getppid()));
  EXPECT_EQ(self->program->exe, std::filesystem::read_symlink("/proc/self/exe").string());
}

TEST(MayBeOf, AllowsForTheTickThatProcCutsTo) {
  constexpr model::BootNs kTick = 10'000'000;
  const model::BootNs shown = 123'456 * kTick;

  EXPECT_TRUE(may_be_of(shown, model::start_mark(shown)));
  EXPECT_TRUE(may_be_of(shown, model::start_mark(shown + kTick - 1)));
  EXPECT_FALSE(may_be_of(shown, model::start_mark(shown - 2'000'000)));
  EXPECT_FALSE(may_be_of(shown, model::start_mark(shown + kTick + 2'000'000)));
}

}  // namespace
}  // namespace tcptrail::enrich
