// When stdout goes away, is full, or is not read.

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "support/kernel_test.h"
#include "support/load.h"

namespace tcptrail::test {
namespace {

class StreamEndTest : public KernelTest {
 protected:
  Tracer start(int standard_output, const std::string& format = "json") {
    return Tracer(
        {.arguments = {"-o", format, "--netns", ns().inode_text()}, .standard_output = standard_output});
  }
};

std::string read_line(int fd) {
  std::string line;
  char byte = 0;
  while (poll_for(fd, POLLIN, Seconds(10)) && ::read(fd, &byte, 1) == 1 && byte != '\n') line += byte;
  return line;
}

// As `tcptrail | head -1`.
TEST_F(StreamEndTest, ClosedStdoutEndsQuietly) {
  for (const std::string format : {"json", "table"}) {
    SCOPED_TRACE(format);
    Pipe pipe = Pipe::make();
    Tracer tracer = start(pipe.write_end.get(), format);
    pipe.write_end.reset();
    tracer.wait_ready();
    make_refused_attempt(ns());
    EXPECT_FALSE(read_line(pipe.read_end.get()).empty());
    pipe.read_end.reset();
    make_refused_attempt(ns());
    make_refused_attempt(ns());
    const auto outcome = tracer.wait_exit();
    EXPECT_TRUE(outcome.in_time) << outcome.report();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.report();
    EXPECT_EQ(outcome.complaints(), "") << outcome.report();
  }
}

TEST_F(StreamEndTest, FullDiskIsAFailureThatSaysSo) {
  const UniqueFd full(check(::open("/dev/full", O_WRONLY | O_CLOEXEC), "/dev/full"));
  Tracer tracer = start(full.get());
  tracer.wait_ready();
  make_refused_attempt(ns());
  const auto outcome = tracer.wait_exit();
  EXPECT_TRUE(outcome.in_time) << outcome.report();
  EXPECT_EQ(outcome.exit_code, 1) << outcome.report();
  EXPECT_NE(outcome.errors.find("No space left on device"), std::string::npos) << outcome.report();
}

// Also where the first byte is written only at the end.
TEST_F(StreamEndTest, FullDiskIsNoticedWhenDraining) {
  const UniqueFd full(check(::open("/dev/full", O_WRONLY | O_CLOEXEC), "/dev/full"));
  Tracer tracer = start(full.get());
  tracer.wait_ready();
  make_refused_attempt(ns());
  const auto outcome = tracer.stop();
  EXPECT_EQ(outcome.exit_code, 1) << outcome.report();
  EXPECT_NE(outcome.errors.find("No space left on device"), std::string::npos) << outcome.report();
}

TEST_F(StreamEndTest, ConsumerThatDoesNotReadCannotHoldIt) {
  Pipe pipe = Pipe::make();
  check(::fcntl(pipe.write_end.get(), F_SETPIPE_SZ, 4'096), "F_SETPIPE_SZ");
  Tracer tracer = start(pipe.write_end.get());
  pipe.write_end.reset();
  tracer.wait_ready();
  make_connections(ns(), 300);
  sleep_for(Seconds(0.3));
  tracer.send_signal(SIGINT);
  const auto outcome = tracer.wait_exit(Seconds(6));
  EXPECT_TRUE(outcome.in_time) << "SIGINT did not end a tracer whose output nobody reads\n"
                               << outcome.report();
  // What did get out is whole lines, but for the one that the pipe had no room for.
  std::string line = read_line(pipe.read_end.get());
  EXPECT_NO_THROW(Event{line}) << line;
}

}  // namespace
}  // namespace tcptrail::test
