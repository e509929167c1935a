// What connect()'s return value means for the attempt, by what is remembered of the socket.

#include <gtest/gtest.h>

#include <cerrno>
#include <vector>

#include "bpf/logic/tcp.h"

namespace tcptrail {
namespace {

const std::vector<tt_phase> kEveryPhase = {TT_PHASE_NONE,   TT_PHASE_CONNECTING, TT_PHASE_ESTABLISHED,
                                           TT_PHASE_EARLY,  TT_PHASE_LISTENING,  TT_PHASE_HELD,
                                           TT_PHASE_FAILED, TT_PHASE_CLOSED};

// That end an attempt.
const std::vector<long> kFailures = {-ECONNREFUSED, -ETIMEDOUT,     -ENETUNREACH, -EHOSTUNREACH, -EPERM,
                                     -EACCES,       -EADDRNOTAVAIL, -EADDRINUSE,  -EAGAIN,       -EINVAL,
                                     -EAFNOSUPPORT, -ECONNABORTED,  -ECONNRESET,  -ENOBUFS};
// That neither end nor undo one. -512 … -516 are the kernel's own, for calls that a signal interrupts.
const std::vector<long> kNoFailures = {-EINPROGRESS, -EALREADY, -EINTR, -EISCONN, -EBADF, -ENOTSOCK,
                                       -EFAULT,      -512,      -513,   -514,     -515,   -516};

TEST(ReturnIsFailure, ForErrorsThatEndAnAttempt) {
  for (const long ret : kFailures) EXPECT_TRUE(tt_return_is_failure(ret)) << ret;
}

TEST(ReturnIsFailure, NotForWhatLeavesTheAttemptAlone) {
  EXPECT_FALSE(tt_return_is_failure(0));
  EXPECT_FALSE(tt_return_is_failure(1));
  for (const long ret : kNoFailures) EXPECT_FALSE(tt_return_is_failure(ret)) << ret;
}

TEST(ReturnIsFailure, BesideTheKernelsOwnNumbers) {
  EXPECT_TRUE(tt_return_is_failure(-511));
  EXPECT_TRUE(tt_return_is_failure(-517));
}

struct Judgement {
  tt_phase phase;
  tt_verdict verdict;
};

TEST(JudgeConnectReturn, OfAFailure) {
  const std::vector<Judgement> expected = {
      {TT_PHASE_NONE, TT_TELL_FRESH},     // refused before the state machine saw it
      {TT_PHASE_CONNECTING, TT_IGNORE},   // another attempt goes on
      {TT_PHASE_ESTABLISHED, TT_IGNORE},  // another attempt has succeeded
      {TT_PHASE_EARLY, TT_IGNORE},       {TT_PHASE_LISTENING, TT_IGNORE},
      {TT_PHASE_HELD, TT_TELL_HELD},     // the cause that was waited for
      {TT_PHASE_FAILED, TT_COLLECTED},   // told already, from the state machine
      {TT_PHASE_CLOSED, TT_TELL_FRESH},  // all before is told: this is another one
  };
  ASSERT_EQ(expected.size(), kEveryPhase.size());
  for (const auto& [phase, verdict] : expected) {
    for (const long ret : kFailures) {
      EXPECT_EQ(tt_judge_connect_return(phase, ret), verdict)
          << "phase " << phase << ", return value " << ret;
    }
  }
}

TEST(JudgeConnectReturn, OfSuccess) {
  for (const tt_phase phase : kEveryPhase) {
    // connect(AF_UNSPEC) returns 0 and dissolves what the socket was doing.
    const tt_verdict expected = phase == TT_PHASE_HELD     ? TT_TELL_ABORTED
                                : phase == TT_PHASE_FAILED ? TT_COLLECTED
                                                           : TT_IGNORE;
    EXPECT_EQ(tt_judge_connect_return(phase, 0), expected) << "phase " << phase;
  }
}

// connect() failed on a socket that is closed by now, and nobody saw its last end.
TEST(JudgeConnectReturn, OfAFailureAfterAMissedEnd) {
  const auto judge = [](tt_phase remembered) {
    return tt_judge_connect_return(tt_phase_if_closed(remembered), -ENETUNREACH);
  };
  EXPECT_EQ(judge(TT_PHASE_CONNECTING), TT_TELL_HELD);  // it was this attempt's
  EXPECT_EQ(judge(TT_PHASE_ESTABLISHED), TT_TELL_FRESH);
  EXPECT_EQ(judge(TT_PHASE_EARLY), TT_TELL_FRESH);
  EXPECT_EQ(judge(TT_PHASE_LISTENING), TT_TELL_FRESH);
  for (const tt_phase phase : {TT_PHASE_NONE, TT_PHASE_HELD, TT_PHASE_FAILED, TT_PHASE_CLOSED})
    EXPECT_EQ(tt_phase_if_closed(phase), phase) << "nothing was missed";
}

TEST(JudgeConnectReturn, OfWhatIsNoEndOfAnAttempt) {
  for (const tt_phase phase : kEveryPhase) {
    for (const long ret : kNoFailures) {
      EXPECT_EQ(tt_judge_connect_return(phase, ret), TT_IGNORE)
          << "phase " << phase << ", return value " << ret;
    }
  }
}

}  // namespace
}  // namespace tcptrail
