// Lines into descriptors of every sort, and what counts as emitted where not all could be written.

#include "sink/file_sink.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>

#include "base/unique_fd.h"
#include "unit/support/result.h"

namespace tcptrail::sink {
namespace {

using model::Event;
using model::Kind;
using test::refused;
using test::succeeded;
using testing::StartsWith;

constexpr std::size_t kLineBytes = 100;
const std::string kHeader = "header\n";
const std::string kLine = std::string(kLineBytes - 1, 'x') + "\n";

class LineFormatter : public format::Formatter {
 public:
  void append_header(std::string& out) const override { out += kHeader; }
  void append(std::string& out, const Event&) override { out += kLine; }
  bool tells(Kind kind) const override { return kind != Kind::kStats; }
};

std::string lines(std::size_t count) {
  std::string all = kHeader;
  while (count-- > 0) all += kLine;
  return all;
}

std::size_t whole_lines(std::size_t bytes) { return (bytes - std::min(bytes, kHeader.size())) / kLineBytes; }

Event event(Kind kind) {
  Event made;
  made.kind = kind;
  return made;
}

// What is in there now, or all of a file.
std::string read_all(int fd) {
  std::string all;
  std::array<char, 4096> buffer{};
  for (ssize_t size = 1; size > 0;) {
    size = ::read(fd, buffer.data(), buffer.size());
    if (size > 0) all.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return all;
}

class FileSinkTest : public testing::Test {
 protected:
  FileSinkTest() {
    // As the program does: a reader that is gone is an error of write().
    std::signal(SIGPIPE, SIG_IGN);
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    reader_ = UniqueFd(ends[0]);
    writer_ = UniqueFd(ends[1]);
    ::fcntl(reader_.get(), F_SETFL, O_NONBLOCK);
    ::fcntl(writer_.get(), F_SETPIPE_SZ, 4096);
  }

  FileSink sink_into(int fd) const { return {fd, stop_.get(), std::make_unique<LineFormatter>()}; }

  // Puts events until the sink has written by itself or has this many.
  static void put(FileSink& sink, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      ASSERT_EQ(sink.put(event(Kind::kConnect)).value(), SinkState::kOpen);
  }

  void stop() const { ASSERT_EQ(::eventfd_write(stop_.get(), 1), 0); }

  UniqueFd reader_, writer_;
  UniqueFd stop_{::eventfd(0, EFD_CLOEXEC)};
};

TEST_F(FileSinkTest, WritesAtFlushAndCountsByKind) {
  FileSink sink = sink_into(writer_.get());
  ASSERT_TRUE(succeeded(sink.put(event(Kind::kConnect))));
  ASSERT_TRUE(succeeded(sink.put(event(Kind::kClose))));
  ASSERT_TRUE(succeeded(sink.put(event(Kind::kClose))));
  EXPECT_EQ(read_all(reader_.get()), "");
  EXPECT_FALSE(sink.emitted().any());

  EXPECT_EQ(sink.flush().value(), SinkState::kOpen);

  EXPECT_EQ(read_all(reader_.get()), lines(3));
  EXPECT_EQ(sink.emitted()[Kind::kConnect], 1U);
  EXPECT_EQ(sink.emitted()[Kind::kClose], 2U);
}

TEST_F(FileSinkTest, WritesTheHeaderOnceEvenWithoutEvents) {
  FileSink sink = sink_into(writer_.get());

  EXPECT_EQ(sink.flush().value(), SinkState::kOpen);
  EXPECT_EQ(sink.flush().value(), SinkState::kOpen);

  EXPECT_EQ(read_all(reader_.get()), kHeader);
}

TEST_F(FileSinkTest, CountsOnlyTracedKinds) {
  FileSink sink = sink_into(writer_.get());
  ASSERT_TRUE(succeeded(sink.put(event(Kind::kLost))));
  ASSERT_TRUE(succeeded(sink.put(event(Kind::kStats))));

  EXPECT_EQ(sink.flush().value(), SinkState::kOpen);

  EXPECT_EQ(read_all(reader_.get()), lines(2));
  EXPECT_FALSE(sink.emitted().any());
}

TEST_F(FileSinkTest, AsksItsStyleWhatItTells) {
  const FileSink sink = sink_into(writer_.get());

  EXPECT_TRUE(sink.tells(Kind::kLost));
  EXPECT_FALSE(sink.tells(Kind::kStats));
}

TEST_F(FileSinkTest, WritesByItselfBeforeItHoldsTooMuch) {
  const UniqueFd file(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  ASSERT_TRUE(file);
  FileSink sink = sink_into(file.get());

  put(sink, 1000);

  EXPECT_GT(sink.emitted()[Kind::kConnect], 0U);
  EXPECT_EQ(sink.flush().value(), SinkState::kOpen);
  EXPECT_EQ(sink.emitted()[Kind::kConnect], 1000U);
  ::lseek(file.get(), 0, SEEK_SET);
  EXPECT_TRUE(read_all(file.get()) == lines(1000)) << "the file has other text";
}

TEST_F(FileSinkTest, SaysThatTheReaderHasGone) {
  FileSink sink = sink_into(writer_.get());
  put(sink, 3);
  reader_ = UniqueFd();

  EXPECT_EQ(sink.flush().value(), SinkState::kClosed);

  EXPECT_FALSE(sink.emitted().any());
}

TEST_F(FileSinkTest, FailsWhereTheDeviceIsFull) {
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full);
  FileSink sink = sink_into(full.get());
  put(sink, 3);

  EXPECT_TRUE(
      refused(sink.flush(), ErrorCode::kFailed, {"cannot write the output", "No space left on device"}));

  EXPECT_FALSE(sink.emitted().any());
}

TEST_F(FileSinkTest, CountsALineOnlyWhenItsLastByteWasWritten) {
  const UniqueFd file(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  ASSERT_TRUE(file);
  FileSink sink = sink_into(file.get());
  put(sink, 5);
  // No file may grow beyond two and a half lines, as on a disk that is full then.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit tight = before;
  tight.rlim_cur = kHeader.size() + 2 * kLineBytes + kLineBytes / 2;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);

  const auto state = sink.flush();

  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_TRUE(refused(state, ErrorCode::kFailed, {"File too large"}));
  EXPECT_EQ(sink.emitted()[Kind::kConnect], 2U);
}

TEST_F(FileSinkTest, CountsALineThatEndsWithTheLastByteWritten) {
  const UniqueFd file(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  ASSERT_TRUE(file);
  FileSink sink = sink_into(file.get());
  put(sink, 5);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit tight = before;
  tight.rlim_cur = kHeader.size() + 3 * kLineBytes;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);

  const auto state = sink.flush();

  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_TRUE(refused(state, ErrorCode::kFailed, {"File too large"}));
  EXPECT_EQ(sink.emitted()[Kind::kConnect], 3U);
}

TEST_F(FileSinkTest, WaitsForASlowReader) {
  FileSink sink = sink_into(writer_.get());
  put(sink, 500);
  std::string received;
  std::thread slow([&] {
    while (received.size() < lines(500).size()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      received += read_all(reader_.get());
    }
  });

  const auto state = sink.flush();

  slow.join();
  EXPECT_EQ(state.value(), SinkState::kOpen);
  EXPECT_TRUE(received == lines(500)) << "other text came";
  EXPECT_EQ(sink.emitted()[Kind::kConnect], 500U);
}

TEST_F(FileSinkTest, WaitsForASlowReaderWhereThePipeDoesNotBlock) {
  ASSERT_EQ(::fcntl(writer_.get(), F_SETFL, O_NONBLOCK), 0);
  FileSink sink = sink_into(writer_.get());
  put(sink, 200);
  std::string received;
  std::thread slow([&] {
    while (received.size() < lines(200).size()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      received += read_all(reader_.get());
    }
  });

  const auto state = sink.flush();

  slow.join();
  EXPECT_EQ(state.value(), SinkState::kOpen);
  EXPECT_EQ(sink.emitted()[Kind::kConnect], 200U);
}

TEST_F(FileSinkTest, GivesUpAReaderWhoDoesNotReadOnceTheProgramIsToEnd) {
  FileSink sink = sink_into(writer_.get());
  put(sink, 500);
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    stop();
  });
  const auto begin = std::chrono::steady_clock::now();

  const auto state = sink.flush();

  const auto took = std::chrono::steady_clock::now() - begin;
  stopper.join();
  EXPECT_EQ(state.value(), SinkState::kStalled);
  EXPECT_LT(took, std::chrono::seconds(10));
  const std::string received = read_all(reader_.get());
  EXPECT_THAT(lines(500), StartsWith(received));
  EXPECT_LT(received.size(), lines(500).size());
  EXPECT_EQ(sink.emitted()[Kind::kConnect], whole_lines(received.size()));
}

TEST_F(FileSinkTest, WritesAllToAReaderWhoReadsThoughTheProgramIsToEnd) {
  stop();
  FileSink sink = sink_into(writer_.get());
  put(sink, 20);

  EXPECT_EQ(sink.flush().value(), SinkState::kOpen);

  EXPECT_EQ(read_all(reader_.get()), lines(20));
}

}  // namespace
}  // namespace tcptrail::sink
