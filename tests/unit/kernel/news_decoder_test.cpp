// News from the kernel: as its programs make it, and as none does.

#include "kernel/news_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "abi/news.h"
#include "unit/support/result.h"

namespace tcptrail::kernel {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using test::refused;
using test::succeeded;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t kStart = 77'000'000'123;

tt_header header(tt_news_kind kind, std::size_t size) {
  tt_header made{};
  made.size = static_cast<std::uint16_t>(size);
  made.kind = static_cast<std::uint8_t>(kind);
  made.version = TT_ABI_VERSION;
  made.time_ns = 5'000'000'007;
  return made;
}

tt_process a_process() {
  tt_process process{};
  process.start_ns = kStart;
  process.task.pid = 1234;
  process.task.tid = 1235;
  process.task.uid = 1000;
  process.task.gid = 100;
  process.task.cgroup_id = 77;
  std::memcpy(process.task.comm, "curl", 5);
  process.ns_pid = 1234;
  process.session = 1200;
  process.loginuid = 1000;
  process.netns = 4026531840;
  process.parent_pid = 1233;
  process.parent_mark = 99;
  process.execs = 256 + 5;
  return process;
}

// Bytes on the heap, of their own, so that a sanitizer sees any look beyond their end.
using Record = std::vector<std::byte>;

template <typename Head>
Record record_of(const Head& head, std::string_view texts = {}) {
  Record record(sizeof(head) + texts.size());
  std::memcpy(record.data(), &head, sizeof(head));
  std::transform(texts.begin(), texts.end(), record.begin() + sizeof(head),
                 [](char c) { return static_cast<std::byte>(c); });
  return record;
}

Record process_record(tt_news_kind kind, const tt_process& process = a_process()) {
  return record_of(tt_process_news{header(kind, sizeof(tt_process_news)), process});
}

struct Texts {
  std::string args = "curl\0-s\0\0"s, exe = "curl\0bin\0usr\0"s, cwd = "me\0home\0"s;
};

Record exec_record(const Texts& texts = {}, const tt_process& process = a_process()) {
  const std::string all = texts.args + texts.exe + texts.cwd;
  tt_exec_news head{};
  head.header = header(TT_EXECED, sizeof(head) + all.size());
  head.process = process;
  head.args_size = static_cast<std::uint32_t>(texts.args.size());
  head.exe_size = static_cast<std::uint32_t>(texts.exe.size());
  head.cwd_size = static_cast<std::uint32_t>(texts.cwd.size());
  return record_of(head, all);
}

Record cgroup_record(tt_news_kind kind) {
  return record_of(tt_cgroup_news{header(kind, sizeof(tt_cgroup_news) + 4), 4711, 5, 1234, 99, 4}, "/a/b");
}

class DecodeNewsTest : public testing::Test {
 protected:
  template <typename What>
  What decoded(const Record& record) const {
    const auto news = decode_news(record, clock_);
    if (!succeeded(news) || !std::holds_alternative<What>(news->news)) {
      ADD_FAILURE() << "not decoded as what it is";
      return {};
    }
    return std::get<What>(news->news);
  }

  model::Program program(const Record& record) const {
    const auto execed = decoded<model::Execed>(record);
    return execed.program ? *execed.program : model::Program();
  }

  WallClock clock_;
};

TEST_F(DecodeNewsTest, TellsAChild) {
  const auto child = decoded<model::Forked>(process_record(TT_FORKED)).process;

  EXPECT_EQ(child.pid, 1234U);
  EXPECT_EQ(child.start, kStart);
  EXPECT_EQ(child.parent_pid, 1233U);
  EXPECT_EQ(child.parent_mark, 99U);
  EXPECT_EQ(child.execs, 5U) << "it wraps";
  EXPECT_EQ(child.ns_pid, std::nullopt) << "it is the same";
  EXPECT_EQ(child.session, 1200U);
  EXPECT_EQ(child.loginuid, 1000U);
  EXPECT_EQ(child.cgroup_id, 77U);
  EXPECT_EQ(child.comm.view(), "curl");
  EXPECT_EQ(child.time, clock_.at(5'000'000'007));
}

TEST_F(DecodeNewsTest, KnowsWhatIsNotThere) {
  tt_process process = a_process();
  process.ns_pid = 1;
  process.session = 0;
  process.loginuid = TT_NO_LOGINUID;

  const auto child = decoded<model::Forked>(process_record(TT_FORKED, process)).process;

  EXPECT_EQ(child.ns_pid, 1U);
  EXPECT_EQ(child.session, std::nullopt);
  EXPECT_EQ(child.loginuid, std::nullopt);
}

TEST_F(DecodeNewsTest, TellsAProgram) {
  const auto execed = decoded<model::Execed>(exec_record());

  EXPECT_EQ(execed.process.pid, 1234U);
  ASSERT_TRUE(execed.program);
  EXPECT_EQ(execed.program->exe, "/usr/bin/curl");
  EXPECT_THAT(execed.program->args, ElementsAre("curl", "-s", ""));
  EXPECT_EQ(execed.program->cwd, "/home/me");
  EXPECT_FALSE(execed.program->args_truncated || execed.program->exe_deleted || execed.program->exe_memfd);
}

TEST_F(DecodeNewsTest, TellsARootAndNoArguments) {
  const model::Program made = program(exec_record({"", "init\0"s, ""}));

  EXPECT_EQ(made.exe, "/init");
  EXPECT_THAT(made.args, IsEmpty());
  EXPECT_EQ(made.cwd, "/");
}

TEST_F(DecodeNewsTest, MarksWhatIsCutAndWhatHasNoFile) {
  tt_process process = a_process();
  process.flags = TT_ARGS_TRUNCATED | TT_EXE_DELETED | TT_EXE_TRUNCATED | TT_CWD_TRUNCATED;
  const model::Program cut = program(exec_record({"curl\0htt"s, "curl\0bin\0"s, "me\0"s}, process));
  EXPECT_THAT(cut.args, ElementsAre("curl", "htt"));
  EXPECT_TRUE(cut.args_truncated && cut.exe_deleted);
  EXPECT_EQ(cut.exe, ".../bin/curl");
  EXPECT_EQ(cut.cwd, ".../me");

  process.flags = TT_EXE_MEMFD | TT_EXE_DELETED;
  const model::Program memory = program(exec_record({"x\0"s, "memfd:payload\0"s, ""}, process));
  EXPECT_EQ(memory.exe, "memfd:payload");
  EXPECT_TRUE(memory.exe_memfd);
  EXPECT_FALSE(memory.exe_deleted) << "it never had a name that could be taken away";

  const model::Program outside = program(exec_record({"x\0"s, "p\0/\0"s, ""}, process));
  EXPECT_EQ(outside.exe, ".../p");
  EXPECT_FALSE(outside.exe_memfd);
  EXPECT_TRUE(outside.exe_deleted);
}

TEST_F(DecodeNewsTest, TakesABoundedNumberOfArguments) {
  const model::Program made = program(exec_record({std::string(4096, '\0'), "x\0"s, ""}));

  EXPECT_EQ(made.args.size(), model::kMostArguments);
  EXPECT_TRUE(made.args_truncated);
}

TEST_F(DecodeNewsTest, TellsAnEndACgroupAndAnAnswer) {
  EXPECT_EQ(decoded<model::Exited>(process_record(TT_EXITED)).process.pid, 1234U);

  const auto cgroup = decoded<model::CgroupMade>(cgroup_record(TT_CGROUP_MADE));
  EXPECT_EQ(cgroup.id, 4711U);
  EXPECT_EQ(cgroup.path, "/a/b");
  const auto joined = decoded<model::CgroupJoined>(cgroup_record(TT_CGROUP_JOINED));
  EXPECT_EQ(joined.pid, 1234U);
  EXPECT_EQ(joined.mark, 99U);
  EXPECT_EQ(joined.hierarchy, 5U);
  EXPECT_EQ(joined.path, "/a/b");

  const auto answer = decoded<model::DnsAnswer>(
      record_of(tt_dns_news{header(TT_DNS_ANSWER, sizeof(tt_dns_news) + 3), 42, 3}, "\x01\xff\0"sv));
  EXPECT_EQ(answer.netns, 42U);
  EXPECT_THAT(answer.message, ElementsAre(1, 255, 0));
}

TEST_F(DecodeNewsTest, IsAnEventOnlyWhereTheKernelSaysSo) {
  tt_process process = a_process();
  EXPECT_FALSE(decode_news(exec_record({}, process), clock_)->event);
  process.flags = TT_NEWS_TOLD;
  for (const auto& [record, kind] : {std::pair{exec_record({}, process), model::Kind::kExec},
                                     {process_record(TT_EXITED, process), model::Kind::kExit}}) {
    const auto news = decode_news(record, clock_);
    ASSERT_TRUE(succeeded(news));
    ASSERT_TRUE(news->event);
    EXPECT_EQ(news->event->kind, kind);
    EXPECT_EQ(news->event->time, clock_.at(5'000'000'007));
    EXPECT_EQ(news->event->conn.netns, 4026531840U);
    ASSERT_TRUE(news->event->conn.owner);
    EXPECT_EQ(news->event->conn.owner->pid, 1234U);
    EXPECT_EQ(news->event->conn.owner->started, model::start_mark(kStart));
  }
}

TEST_F(DecodeNewsTest, IsRefusedWhereItEndsTooSoon) {
  for (const Record& whole :
       {process_record(TT_FORKED), process_record(TT_EXITED), exec_record(), cgroup_record(TT_CGROUP_MADE),
        record_of(tt_dns_news{header(TT_DNS_ANSWER, sizeof(tt_dns_news) + 3), 42, 3}, "abc")}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const Record cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_TRUE(refused(decode_news(cut, clock_), ErrorCode::kFailed, {"a record from the kernel"}))
          << size;
    }
    EXPECT_TRUE(succeeded(decode_news(whole, clock_)));
  }
}

TEST_F(DecodeNewsTest, IsRefusedWhereATextClaimsMoreThanIsThere) {
  for (const std::size_t place : {offsetof(tt_exec_news, args_size), offsetof(tt_exec_news, exe_size),
                                  offsetof(tt_exec_news, cwd_size)}) {
    Record record = exec_record();
    const std::uint32_t claim = 0xffffffff;
    std::memcpy(record.data() + place, &claim, sizeof(claim));
    EXPECT_TRUE(refused(decode_news(record, clock_), ErrorCode::kFailed, {"bytes of an exec"})) << place;
  }
}

TEST_F(DecodeNewsTest, IsRefusedWithAKindOrVersionThatIsNone) {
  Record record = process_record(TT_FORKED);
  for (const int kind : {static_cast<int>(TT_SNAPSHOT), static_cast<int>(TT_NEWS_END), 255}) {
    record.at(offsetof(tt_header, kind)) = static_cast<std::byte>(kind);
    EXPECT_TRUE(refused(decode_news(record, clock_), ErrorCode::kFailed, {"kind " + std::to_string(kind)}));
  }
  record = process_record(TT_FORKED);
  record.at(offsetof(tt_header, version)) = std::byte{9};
  EXPECT_TRUE(refused(decode_news(record, clock_), ErrorCode::kFailed, {"version 9"}));
}

TEST(IsNews, ByItsKind) {
  EXPECT_TRUE(is_news(process_record(TT_FORKED)));
  Record record = process_record(TT_FORKED);
  record.at(offsetof(tt_header, kind)) = std::byte{TT_SNAPSHOT};
  EXPECT_FALSE(is_news(record));
  EXPECT_FALSE(is_news(Record(3)));
}

}  // namespace
}  // namespace tcptrail::kernel
