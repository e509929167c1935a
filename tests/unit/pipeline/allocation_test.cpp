// Once under way, an event costs no allocation: from the record's bytes to the written line, in every style.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <iterator>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "enrich/enricher.h"
#include "kernel/decoder.h"
#include "pipeline/pipeline.h"
#include "sink/file_sink.h"
#include "unit/kernel/raw_record.h"
#include "unit/support/result.h"

namespace {

std::atomic<std::uint64_t> allocations;

}  // namespace

// The C library's functions under the names that it has for those who replace them, so that nothing goes past
// us: neither operator new nor a C library that is linked.
extern "C" {
// NOLINTBEGIN(readability-identifier-naming): glibc's names
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t nmemb, std::size_t size);
void* __libc_realloc(void* ptr, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
// NOLINTEND(readability-identifier-naming)

void* malloc(std::size_t size) {
  ++allocations;
  return __libc_malloc(size);
}

void* calloc(std::size_t nmemb, std::size_t size) {
  ++allocations;
  return __libc_calloc(nmemb, size);
}

void* realloc(void* ptr, std::size_t size) {
  ++allocations;
  return __libc_realloc(ptr, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
  ++allocations;
  return __libc_memalign(alignment, size);
}
}

namespace tcptrail::test {
namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000;

void speak_ipv6(tt_conn& conn) {
  conn.family = 6;
  for (auto* const address : {&conn.local, &conn.remote}) {
    std::memcpy(*address, "\x20\x01\x0d\xb8\x11\x11\x22\x22\x33\x33\x44\x44\x55\x55\x66\x66", 16);
  }
}

// Every kind, over both families, with the shortest and with the longest names.
std::vector<RawRecord> all_records() {
  std::vector<RawRecord> records;
  for (int kind = 0; kind <= TT_SNAPSHOT; ++kind) {
    for (const bool ipv6 : {false, true}) {
      for (const std::string_view comm : {"x", "\x1b\x1b\x1b\x1b\x1b\x1b\x1b\",\"\xff\xff\xff\xff\xff"}) {
        RawRecord& record = records.emplace_back(static_cast<tt_kind>(kind));
        if (ipv6) speak_ipv6(record.event.conn);
        auto& name = record.event.conn.task.comm;
        *std::copy(comm.begin(), comm.end(), std::begin(name)) = '\0';
      }
    }
  }
  return records;
}

// Hands over the records again and again, a second later each time, and counts the allocations from one poll
// to another: those of everything that is done between them too.
class RecordSource : public source::EventSource {
 public:
  static constexpr int kWarmUp = 20, kCounted = 200;

  explicit RecordSource(int stop_fd) : stop_fd_(stop_fd) {}

  Result<bool> poll(const OnEvent& on_event) override {
    if (polls_ == kWarmUp) before_ = allocations;
    if (polls_ == kWarmUp + kCounted) {
      allocated_ = allocations - before_;
      ::eventfd_write(stop_fd_, 1);
    }
    if (polls_++ >= kWarmUp + kCounted) return false;
    for (RawRecord& record : records_) {
      record.event.header.time_ns += kSecondNs;
      const auto event = kernel::decode(record.bytes(), clock_);
      if (!event) return tl::unexpected(event.error());
      ++counts_.seen[event->kind];
      on_event(*event);
    }
    return true;
  }

  std::vector<int> wake_fds() const override { return {}; }
  void about_to_wait(WakeAt) override {}
  void stop() override {}
  Result<source::SourceCounts> counts() override { return counts_; }

  std::optional<std::uint64_t> allocated() const { return allocated_; }

 private:
  int stop_fd_;
  WallClock clock_;
  std::vector<RawRecord> records_ = all_records();
  int polls_ = 0;
  std::uint64_t before_ = 0;
  std::optional<std::uint64_t> allocated_;
  source::SourceCounts counts_;
};

// Who knows the process of the records, its container and its parent.
enrich::Enricher informed() {
  enrich::Enricher enricher;
  auto program = std::make_shared<model::Program>();
  program->exe = "/usr/bin/curl";
  program->args = {"curl", "-s", "https://www.example.org/a-rather-long-path"};
  program->cwd = "/home/somebody";
  model::Execed news;
  news.program = program;
  const tt_conn& conn = RawRecord(TT_CONNECT).event.conn;
  news.process.pid = 1;
  enricher.learn(news);
  news.process.parent_pid = 1;
  news.process.pid = conn.task.pid;
  news.process.start = std::uint64_t{conn.owner_mark & 0xffffffU} << 20U;
  news.process.execs = static_cast<model::Execs>(conn.owner_mark >> 24U);
  enricher.learn(news);
  enricher.learn(
      model::CgroupMade{conn.task.cgroup_id, "/system.slice/docker-" + std::string(64, 'a') + ".scope"});
  return enricher;
}

std::uint64_t allocations_of(const std::function<void()>& action) {
  const std::uint64_t before = allocations;
  action();
  return allocations - before;
}

TEST(Allocations, AreCountedHoweverTheyAreMade) {
  void* volatile taken = nullptr;  // or they are left out by the compiler

  EXPECT_EQ(allocations_of([&] { taken = ::operator new(100); }), 1U);
  ::operator delete(taken);
  EXPECT_EQ(allocations_of([&] { taken = ::operator new(128, std::align_val_t(64)); }), 1U);
  ::operator delete(taken, std::align_val_t(64));
  EXPECT_EQ(allocations_of([] { std::fclose(std::fopen("/dev/null", "r")); }), 1U);
}

class AllocationTest : public testing::TestWithParam<const char*> {};

TEST_P(AllocationTest, NoneForAnEvent) {
  const UniqueFd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  const UniqueFd stop(::eventfd(0, EFD_CLOEXEC));
  RecordSource source(stop.get());
  sink::FileSink sink(null.get(), stop.get(), format::make_formatter(*format::style_named(GetParam()), {}));
  pipeline::Options options;
  options.kinds = model::KindSet::all();
  options.stop_fd = stop.get();
  enrich::Enricher enricher = informed();
  options.complete = [&](model::Event& event) { enricher.complete(event); };

  const auto accounts = pipeline::run(source, sink, options);

  ASSERT_TRUE(succeeded(accounts));
  EXPECT_EQ(accounts->emitted, accounts->seen);
  EXPECT_EQ(source.allocated(), std::uint64_t{0});
}

INSTANTIATE_TEST_SUITE_P(OfStyle, AllocationTest, testing::Values("table", "classic", "json", "csv"),
                         [](const auto& style) { return std::string(style.param); });

}  // namespace
}  // namespace tcptrail::test
