// The decisions of the kernel programs that concern a connection's end, compiled for the host.

#include "bpf/logic/tcp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <vector>

namespace tcptrail {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsSupersetOf;
using testing::Not;

constexpr int kEveryState[] = {TT_TCP_ESTABLISHED, TT_TCP_SYN_SENT,  TT_TCP_SYN_RECV, TT_TCP_FIN_WAIT1,
                               TT_TCP_FIN_WAIT2,   TT_TCP_TIME_WAIT, TT_TCP_CLOSE,    TT_TCP_CLOSE_WAIT,
                               TT_TCP_LAST_ACK,    TT_TCP_LISTEN,    TT_TCP_CLOSING};

TEST(TcpNumbers, AreLinuxs) {
  EXPECT_EQ(TT_TCP_ESTABLISHED, 1);
  EXPECT_EQ(TT_TCP_CLOSE, 7);
  EXPECT_EQ(TT_TCP_LISTEN, 10);
  EXPECT_EQ(TT_TCP_CLOSING, 11);
  EXPECT_EQ(TT_EINTR, EINTR);
  EXPECT_EQ(TT_EBADF, EBADF);
  EXPECT_EQ(TT_EFAULT, EFAULT);
  EXPECT_EQ(TT_EPIPE, EPIPE);
  EXPECT_EQ(TT_ENOTSOCK, ENOTSOCK);
  EXPECT_EQ(TT_ECONNABORTED, ECONNABORTED);
  EXPECT_EQ(TT_ECONNRESET, ECONNRESET);
  EXPECT_EQ(TT_EISCONN, EISCONN);
  EXPECT_EQ(TT_ETIMEDOUT, ETIMEDOUT);
  EXPECT_EQ(TT_EALREADY, EALREADY);
  EXPECT_EQ(TT_EINPROGRESS, EINPROGRESS);
}

TEST(HowEnded, IsByFinFromTheStatesAfterBothFins) {
  for (const int state : {TT_TCP_FIN_WAIT2, TT_TCP_TIME_WAIT, TT_TCP_LAST_ACK, TT_TCP_CLOSING}) {
    EXPECT_EQ(tt_how_ended(state, 0), TT_END_FIN) << "from state " << state;
  }
}

TEST(HowEnded, IsByOurResetWhereNoErrorExplainsIt) {
  for (const int state : {TT_TCP_ESTABLISHED, TT_TCP_CLOSE_WAIT, TT_TCP_FIN_WAIT1, TT_TCP_SYN_RECV}) {
    EXPECT_EQ(tt_how_ended(state, 0), TT_END_RESET_LOCAL) << "from state " << state;
  }
}

TEST(HowEnded, IsWhatTheErrorSaysInEveryState) {
  for (const int state : kEveryState) {
    EXPECT_EQ(tt_how_ended(state, ECONNRESET), TT_END_RESET_REMOTE) << "from state " << state;
    EXPECT_EQ(tt_how_ended(state, EPIPE), TT_END_RESET_REMOTE) << "from state " << state;
    EXPECT_EQ(tt_how_ended(state, ECONNABORTED), TT_END_RESET_LOCAL) << "from state " << state;
    EXPECT_EQ(tt_how_ended(state, ETIMEDOUT), TT_END_TIMEOUT) << "from state " << state;
    EXPECT_EQ(tt_how_ended(state, EHOSTUNREACH), TT_END_ERROR) << "from state " << state;
  }
}

// Measured: 100,000 bytes sent by the client and 50,001 received, over a connection that ends by FINs.
TEST(Payload, IsWithoutSynAndFinAtTheClient) {
  EXPECT_EQ(tt_payload_out(100'002, TT_TCP_FIN_WAIT2, true, true), 100'000U);
  EXPECT_EQ(tt_payload_in(50'002, true), 50'001U);
}

TEST(Payload, IsWithoutFinAtTheServerWhichSentNoFirstSyn) {
  EXPECT_EQ(tt_payload_out(50'002, TT_TCP_LAST_ACK, false, true), 50'001U);
  EXPECT_EQ(tt_payload_in(100'001, true), 100'000U);
}

TEST(Payload, CountsNoFinInAStateThatHasSentNone) {
  for (const int state : {TT_TCP_ESTABLISHED, TT_TCP_CLOSE_WAIT}) {
    EXPECT_EQ(tt_payload_out(101, state, true, true), 100U) << "from state " << state;
    EXPECT_EQ(tt_payload_out(100, state, false, true), 100U) << "from state " << state;
  }
}

TEST(Payload, CountsNoFinThatWasNotAcknowledged) {
  EXPECT_EQ(tt_payload_out(101, TT_TCP_FIN_WAIT1, true, false), 100U);
  EXPECT_EQ(tt_payload_out(100, TT_TCP_LAST_ACK, false, false), 100U);
}

TEST(Payload, CountsTheFinInEveryStateThatHasSentIt) {
  for (const int state :
       {TT_TCP_FIN_WAIT1, TT_TCP_FIN_WAIT2, TT_TCP_TIME_WAIT, TT_TCP_CLOSING, TT_TCP_LAST_ACK}) {
    EXPECT_EQ(tt_payload_out(102, state, true, true), 100U) << "from state " << state;
    EXPECT_EQ(tt_payload_out(101, state, false, true), 100U) << "from state " << state;
  }
}

TEST(Payload, IsNeverBelowZero) {
  EXPECT_EQ(tt_payload_out(0, TT_TCP_FIN_WAIT2, true, true), 0U);
  EXPECT_EQ(tt_payload_out(1, TT_TCP_FIN_WAIT2, true, true), 0U);
  EXPECT_EQ(tt_payload_out(2, TT_TCP_FIN_WAIT2, true, true), 0U);
  EXPECT_EQ(tt_payload_out(0, TT_TCP_ESTABLISHED, false, true), 0U);
  EXPECT_EQ(tt_payload_in(0, true), 0U);
  EXPECT_EQ(tt_payload_in(1, true), 0U);
}

TEST(Payload, IsAllThatCameWhereNoFinCame) { EXPECT_EQ(tt_payload_in(50'001, false), 50'001U); }

TEST(CauseComesLater, WhereNeitherErrorNorShutdownExplainsTheEnd) {
  EXPECT_TRUE(tt_cause_comes_later(0, 0));
  EXPECT_TRUE(tt_cause_comes_later(0, 1)) << "shut down for reading only";
  EXPECT_TRUE(tt_cause_comes_later(0, 2)) << "shut down for writing only";
  EXPECT_FALSE(tt_cause_comes_later(0, 3)) << "closed by its owner";
  EXPECT_FALSE(tt_cause_comes_later(ECONNREFUSED, 0));
  EXPECT_FALSE(tt_cause_comes_later(ECONNREFUSED, 3));
}

std::vector<tt_phase> phases_that_reflect(int old_state, int new_state) {
  std::vector<tt_phase> phases;
  for (int phase = TT_PHASE_NONE; phase <= TT_PHASE_CLOSED; ++phase) {
    if (tt_reflects(static_cast<tt_phase>(phase), old_state, new_state))
      phases.push_back(static_cast<tt_phase>(phase));
  }
  return phases;
}

TEST(Reflects, ABeginningOnlyWhereItIsRemembered) {
  EXPECT_THAT(phases_that_reflect(TT_TCP_CLOSE, TT_TCP_SYN_SENT), ElementsAre(TT_PHASE_CONNECTING));
  EXPECT_THAT(phases_that_reflect(TT_TCP_CLOSE, TT_TCP_LISTEN), ElementsAre(TT_PHASE_LISTENING));
  EXPECT_THAT(phases_that_reflect(TT_TCP_SYN_RECV, TT_TCP_ESTABLISHED), ElementsAre(TT_PHASE_ESTABLISHED));
}

TEST(Reflects, AnEstablishmentUnlessTheAttemptStillWaits) {
  EXPECT_THAT(phases_that_reflect(TT_TCP_SYN_SENT, TT_TCP_ESTABLISHED), Not(Contains(TT_PHASE_CONNECTING)));
  EXPECT_THAT(phases_that_reflect(TT_TCP_SYN_SENT, TT_TCP_ESTABLISHED),
              IsSupersetOf({TT_PHASE_NONE, TT_PHASE_ESTABLISHED}));
}

TEST(Reflects, AnEndWhereNothingIsLeftToTell) {
  EXPECT_THAT(phases_that_reflect(TT_TCP_ESTABLISHED, TT_TCP_CLOSE),
              ElementsAre(TT_PHASE_NONE, TT_PHASE_HELD, TT_PHASE_FAILED, TT_PHASE_CLOSED));
}

TEST(Reflects, AllThatIsNotRemembered) {
  for (const int state :
       {TT_TCP_SYN_RECV, TT_TCP_FIN_WAIT1, TT_TCP_FIN_WAIT2, TT_TCP_CLOSE_WAIT, TT_TCP_LAST_ACK})
    EXPECT_EQ(phases_that_reflect(TT_TCP_ESTABLISHED, state).size(), 8U) << state;
}

TEST(Lingers, OnceItIsClosed) {
  for (const tt_phase phase :
       {TT_PHASE_NONE, TT_PHASE_CONNECTING, TT_PHASE_ESTABLISHED, TT_PHASE_EARLY, TT_PHASE_LISTENING}) {
    EXPECT_FALSE(tt_lingers(phase)) << "phase " << phase;
  }
  for (const tt_phase phase : {TT_PHASE_HELD, TT_PHASE_FAILED, TT_PHASE_CLOSED}) {
    EXPECT_TRUE(tt_lingers(phase)) << "phase " << phase;
  }
}

}  // namespace
}  // namespace tcptrail
