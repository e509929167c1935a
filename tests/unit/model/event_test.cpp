#include "model/event.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace tcptrail::model {
namespace {

using namespace std::string_literals;

TEST(CommTest, KeepsSixteenBytesAtMost) {
  EXPECT_EQ(Comm().view(), "");
  EXPECT_EQ(Comm("curl").view(), "curl");
  EXPECT_EQ(Comm("0123456789abcdef").view(), "0123456789abcdef");
  EXPECT_EQ(Comm("0123456789abcdefg").view(), "0123456789abcdef");
}

TEST(CommTest, EndsAtTheFirstNul) {
  EXPECT_EQ(Comm("nc\0\0garbage"s).view(), "nc");
  EXPECT_EQ(Comm("\0nc"s).view(), "");
}

TEST(CommTest, KeepsBytesAsTheyAre) { EXPECT_EQ(Comm("\xff\n\x1b").view(), "\xff\n\x1b"); }

TEST(ReasonOf, GroupsErrorsByWhatTheyMean) {
  EXPECT_EQ(reason_of(ECONNREFUSED), Reason::kRefused);
  EXPECT_EQ(reason_of(ETIMEDOUT), Reason::kTimeout);
  for (const int error : {ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN, ENONET, ENOPROTOOPT}) {
    EXPECT_EQ(reason_of(error), Reason::kUnreachable) << error_name(error);
  }
  for (const int error : {EPERM, EACCES}) EXPECT_EQ(reason_of(error), Reason::kDenied) << error_name(error);
  for (const int error : {EADDRNOTAVAIL, EADDRINUSE})
    EXPECT_EQ(reason_of(error), Reason::kAddress) << error_name(error);
  for (const int error : {0, ECONNABORTED}) EXPECT_EQ(reason_of(error), Reason::kAborted) << error;
  for (const int error : {ECONNRESET, EINVAL, EAFNOSUPPORT, 4095})
    EXPECT_EQ(reason_of(error), Reason::kOther) << error;
}

TEST(ErrorName, IsTheSymbol) {
  EXPECT_EQ(error_name(ECONNREFUSED), "ECONNREFUSED");
  EXPECT_EQ(error_name(EPERM), "EPERM");
  EXPECT_EQ(error_name(ETIMEDOUT), "ETIMEDOUT");
}

TEST(ErrorName, IsEmptyWhereThereIsNone) {
  EXPECT_EQ(error_name(4095), "");
  EXPECT_EQ(error_name(-1), "");
}

TEST(NameOf, GivesTheWordsOfTheContract) {
  EXPECT_EQ(name_of(Direction::kNone), "");
  EXPECT_EQ(name_of(Direction::kOutbound), "outbound");
  EXPECT_EQ(name_of(Direction::kInbound), "inbound");
  EXPECT_EQ(name_of(Family::kIpv4), "ipv4");
  EXPECT_EQ(name_of(Family::kIpv6), "ipv6");
  EXPECT_EQ(name_of(OwnerKind::kConnect), "connect");
  EXPECT_EQ(name_of(OwnerKind::kAccept), "accept");
  EXPECT_EQ(name_of(OwnerKind::kListener), "listener");
  EXPECT_EQ(name_of(OwnerKind::kSnapshot), "snapshot");
}

TEST(NameOf, GivesTheWordsOfTheContractForEndsAndReasons) {
  EXPECT_EQ(name_of(End::kFin), "fin");
  EXPECT_EQ(name_of(End::kResetLocal), "reset_local");
  EXPECT_EQ(name_of(End::kResetRemote), "reset_remote");
  EXPECT_EQ(name_of(End::kTimeout), "timeout");
  EXPECT_EQ(name_of(End::kError), "error");
  EXPECT_EQ(name_of(Reason::kRefused), "refused");
  EXPECT_EQ(name_of(Reason::kTimeout), "timeout");
  EXPECT_EQ(name_of(Reason::kUnreachable), "unreachable");
  EXPECT_EQ(name_of(Reason::kDenied), "denied");
  EXPECT_EQ(name_of(Reason::kAddress), "address");
  EXPECT_EQ(name_of(Reason::kAborted), "aborted");
  EXPECT_EQ(name_of(Reason::kOther), "other");
}

TEST(NameOf, GivesTheStatesOfASocketAsTheKernelCallsThem) {
  EXPECT_EQ(name_of(State::kEstablished), "established");
  EXPECT_EQ(name_of(State::kSynSent), "syn_sent");
  EXPECT_EQ(name_of(State::kSynRecv), "syn_recv");
  EXPECT_EQ(name_of(State::kFinWait1), "fin_wait1");
  EXPECT_EQ(name_of(State::kFinWait2), "fin_wait2");
  EXPECT_EQ(name_of(State::kTimeWait), "time_wait");
  EXPECT_EQ(name_of(State::kClose), "close");
  EXPECT_EQ(name_of(State::kCloseWait), "close_wait");
  EXPECT_EQ(name_of(State::kLastAck), "last_ack");
  EXPECT_EQ(name_of(State::kListen), "listen");
  EXPECT_EQ(name_of(State::kClosing), "closing");
}

}  // namespace
}  // namespace tcptrail::model
