// Records as the kernel makes them.

#include "kernel/decoder.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <variant>

#include "unit/kernel/raw_record.h"
#include "unit/support/result.h"

namespace tcptrail::kernel {
namespace {

using test::RawRecord;
using test::succeeded;

class DecoderTest : public testing::Test {
 protected:
  // What the record says; a record that is refused fails the test.
  model::Event decoded(const RawRecord& raw) const {
    const auto event = decode(raw.bytes(), clock_);
    EXPECT_TRUE(succeeded(event));
    return event.value_or(model::Event{});
  }

  template <typename Body>
  Body body_of(const RawRecord& raw) const {
    const model::Event event = decoded(raw);
    const Body* const body = std::get_if<Body>(&event.body);
    EXPECT_NE(body, nullptr) << "the body is alternative " << event.body.index();
    return body == nullptr ? Body{} : *body;
  }

  WallClock clock_;
};

std::string shown(const std::optional<IpAddress>& address) {
  std::string text;
  if (address) append_ip(text, *address);
  return address ? text : "none";
}

TEST_F(DecoderTest, TellsTheKindAndTheTime) {
  for (int kind = 0; kind <= TT_SNAPSHOT; ++kind) {
    const model::Event event = decoded(RawRecord(static_cast<tt_kind>(kind)));
    EXPECT_EQ(static_cast<int>(event.kind), kind);
    EXPECT_EQ(event.time, clock_.at(5'000'000'007)) << name_of(event.kind);
    EXPECT_EQ(event.seq, 0U) << "which is the stream's to set";
  }
}

TEST_F(DecoderTest, TellsTheConnection) {
  const model::Connection conn = decoded(RawRecord(TT_ATTEMPT)).conn;

  EXPECT_EQ(conn.id, 0x0001000000000abcU);
  EXPECT_EQ(conn.direction, model::Direction::kOutbound);
  EXPECT_EQ(conn.family, model::Family::kIpv4);
  EXPECT_FALSE(conn.mapped);
  EXPECT_EQ(shown(conn.local_ip), "192.0.2.2");
  EXPECT_EQ(shown(conn.remote_ip), "198.51.100.7");
  EXPECT_EQ(conn.local_port, 43210);
  EXPECT_EQ(conn.remote_port, 443);
  EXPECT_EQ(conn.netns, 4026531840U);
}

TEST_F(DecoderTest, TellsTheOwner) {
  const auto owner = decoded(RawRecord(TT_ATTEMPT)).conn.owner;

  ASSERT_TRUE(owner.has_value());
  EXPECT_EQ(owner->kind, model::OwnerKind::kConnect);
  EXPECT_EQ(owner->pid, 1234U);
  EXPECT_EQ(owner->tid, 1235U);
  EXPECT_EQ(owner->uid, 1000U);
  EXPECT_EQ(owner->gid, 100U);
  EXPECT_EQ(owner->cgroup_id, 77U);
  EXPECT_EQ(owner->started, 99U);
  EXPECT_EQ(owner->execs, 5U);
  EXPECT_EQ(owner->comm.view(), "curl");
}

TEST_F(DecoderTest, TellsHowTheOwnerIsKnown) {
  RawRecord raw(TT_CLOSE);

  raw.event.conn.owner = TT_OWNER_ACCEPT;
  EXPECT_EQ(decoded(raw).conn.owner->kind, model::OwnerKind::kAccept);
  raw.event.conn.owner = TT_OWNER_LISTENER;
  EXPECT_EQ(decoded(raw).conn.owner->kind, model::OwnerKind::kListener);
  raw.event.conn.owner = TT_OWNER_SNAPSHOT;
  EXPECT_EQ(decoded(raw).conn.owner->kind, model::OwnerKind::kSnapshot);
  raw.event.conn.owner = TT_OWNER_NONE;
  EXPECT_FALSE(decoded(raw).conn.owner.has_value());
}

TEST_F(DecoderTest, TellsFamilyAndMapping) {
  RawRecord raw(TT_CONNECT);
  raw.event.conn.flags = TT_MAPPED;
  EXPECT_EQ(decoded(raw).conn.family, model::Family::kIpv4);
  EXPECT_TRUE(decoded(raw).conn.mapped);

  RawRecord v6(TT_CONNECT);
  v6.event.conn.family = 6;
  const auto address = IpAddress::parse("2001:db8::7").value();
  std::memcpy(v6.event.conn.remote, address.bytes().data(), sizeof(v6.event.conn.remote));
  EXPECT_EQ(decoded(v6).conn.family, model::Family::kIpv6);
  EXPECT_EQ(decoded(v6).conn.remote_ip, address);
}

TEST_F(DecoderTest, EndsANameWithoutTerminator) {
  RawRecord raw(TT_ATTEMPT);
  std::memcpy(raw.event.conn.task.comm, "0123456789abcdef", 16);

  EXPECT_EQ(decoded(raw).conn.owner->comm.view(), "0123456789abcdef");
}

TEST_F(DecoderTest, LeavesOutWhatIsNotChosenYet) {
  RawRecord raw(TT_ATTEMPT);
  std::memset(raw.event.conn.local, 0, sizeof(raw.event.conn.local));
  raw.event.conn.local_port = 0;
  raw.event.conn.id = 0;

  const model::Connection conn = decoded(raw).conn;

  EXPECT_FALSE(conn.id.has_value());
  EXPECT_EQ(shown(conn.local_ip), "none");
  EXPECT_FALSE(conn.local_port.has_value());
  EXPECT_EQ(shown(conn.remote_ip), "198.51.100.7");
}

TEST_F(DecoderTest, ShowsThatPortZeroWasAskedFor) {
  RawRecord attempt(TT_ATTEMPT);
  attempt.event.conn.direction = TT_OUTBOUND;
  attempt.event.conn.remote_port = 0;
  RawRecord reject(TT_REJECT);
  reject.event.conn.direction = TT_INBOUND;
  reject.event.conn.local_port = 0;

  EXPECT_EQ(shown(decoded(attempt).conn.remote_ip), "198.51.100.7");
  EXPECT_EQ(decoded(attempt).conn.remote_port, 0);
  EXPECT_EQ(decoded(reject).conn.local_port, 0);
}

TEST_F(DecoderTest, LeavesOutTheUnspecifiedIpv4AddressToo) {
  RawRecord raw(TT_FAIL);
  raw.event.conn.local[3] = 0;

  EXPECT_EQ(shown(decoded(raw).conn.local_ip), "none");
}

TEST_F(DecoderTest, ShowsThatAListenerMeansEveryAddress) {
  RawRecord raw(TT_LISTEN);
  raw.event.conn.direction = TT_DIRECTION_NONE;
  raw.event.conn.family = 6;
  raw.event.conn.remote_port = 0;
  std::memset(raw.event.conn.local, 0, sizeof(raw.event.conn.local));

  const model::Connection conn = decoded(raw).conn;

  EXPECT_EQ(conn.direction, model::Direction::kNone);
  EXPECT_EQ(shown(conn.local_ip), "::");
  EXPECT_EQ(shown(conn.remote_ip), "none");
  EXPECT_FALSE(conn.remote_port.has_value());
}

TEST_F(DecoderTest, CountsTimesInWholeMicroseconds) {
  EXPECT_EQ(body_of<model::Connect>(RawRecord(TT_CONNECT)).latency, 1234U);
  EXPECT_EQ(body_of<model::Pending>(RawRecord(TT_PENDING)).latency, 1234U);
  EXPECT_EQ(body_of<model::Fail>(RawRecord(TT_FAIL)).latency, 310U);
  EXPECT_EQ(body_of<model::Accept>(RawRecord(TT_ACCEPT)).backlog, 42U);
  EXPECT_EQ(body_of<model::Close>(RawRecord(TT_CLOSE)).duration, 880'000U);
}

TEST_F(DecoderTest, LeavesOutTimesThatAreNotKnown) {
  RawRecord connect(TT_CONNECT);
  connect.event.body.latency.latency_ns = TT_UNKNOWN_NS;
  RawRecord pending(TT_PENDING);
  pending.event.body.latency.latency_ns = TT_UNKNOWN_NS;
  RawRecord fail(TT_FAIL);
  fail.event.body.latency.latency_ns = TT_UNKNOWN_NS;
  RawRecord accept(TT_ACCEPT);
  accept.event.body.latency.latency_ns = TT_UNKNOWN_NS;
  RawRecord close(TT_CLOSE);
  close.event.body.close.duration_ns = TT_UNKNOWN_NS;

  EXPECT_FALSE(body_of<model::Connect>(connect).latency.has_value());
  EXPECT_FALSE(body_of<model::Pending>(pending).latency.has_value());
  EXPECT_FALSE(body_of<model::Fail>(fail).latency.has_value());
  EXPECT_FALSE(body_of<model::Accept>(accept).backlog.has_value());
  EXPECT_FALSE(body_of<model::Close>(close).duration.has_value());
}

TEST_F(DecoderTest, TellsNoTimeWhereTheBeginningWasNotedLater) {
  RawRecord connect(TT_CONNECT), accept(TT_ACCEPT), close(TT_CLOSE);
  connect.event.body.latency.latency_ns = static_cast<__u64>(-2);
  accept.event.body.latency.latency_ns = static_cast<__u64>(-5'000'000);
  close.event.body.close.duration_ns = __u64{1} << 63U;

  EXPECT_EQ(body_of<model::Connect>(connect).latency, 0U);
  EXPECT_EQ(body_of<model::Accept>(accept).backlog, 0U);
  EXPECT_EQ(body_of<model::Close>(close).duration, 0U);
}

TEST_F(DecoderTest, TellsWhyAnAttemptFailed) {
  RawRecord raw(TT_FAIL);
  EXPECT_EQ(body_of<model::Fail>(raw).error, ECONNREFUSED);
  EXPECT_EQ(body_of<model::Fail>(raw).reason, model::Reason::kRefused);

  raw.event.body.latency.error = 0;
  EXPECT_FALSE(body_of<model::Fail>(raw).error.has_value());
  EXPECT_EQ(body_of<model::Fail>(raw).reason, model::Reason::kAborted);

  raw.event.body.latency.error = TT_UNKNOWN_ERROR;
  EXPECT_FALSE(body_of<model::Fail>(raw).error.has_value());
  EXPECT_EQ(body_of<model::Fail>(raw).reason, model::Reason::kOther);
}

TEST_F(DecoderTest, TellsHowAConnectionEnded) {
  RawRecord raw(TT_CLOSE);
  raw.event.conn.flags = TT_ACCEPTED;

  const auto close = body_of<model::Close>(raw);

  EXPECT_EQ(close.bytes_out, 100'000U);
  EXPECT_EQ(close.bytes_in, 50'001U);
  EXPECT_EQ(close.segs_out, 11U);
  EXPECT_EQ(close.segs_in, 12U);
  EXPECT_EQ(close.retransmits, 3U);
  EXPECT_EQ(close.rtt_us, 250U);
  EXPECT_EQ(close.end, model::End::kResetRemote);
  EXPECT_TRUE(close.accepted);
}

TEST_F(DecoderTest, LeavesOutARoundTripTimeThatWasNeverMeasured) {
  RawRecord raw(TT_CLOSE);
  raw.event.body.close.rtt_us = 0;

  EXPECT_FALSE(body_of<model::Close>(raw).rtt_us.has_value());
  EXPECT_FALSE(body_of<model::Close>(raw).accepted);
}

TEST_F(DecoderTest, KnowsEveryEnd) {
  RawRecord raw(TT_CLOSE);
  for (const auto& [from, to] : {std::pair{TT_END_FIN, model::End::kFin},
                                 {TT_END_RESET_LOCAL, model::End::kResetLocal},
                                 {TT_END_RESET_REMOTE, model::End::kResetRemote},
                                 {TT_END_TIMEOUT, model::End::kTimeout},
                                 {TT_END_ERROR, model::End::kError}}) {
    raw.event.body.close.end = static_cast<std::uint8_t>(from);
    EXPECT_EQ(body_of<model::Close>(raw).end, to) << "from " << from;
  }
}

TEST_F(DecoderTest, TellsTheBacklog) {
  EXPECT_EQ(body_of<model::Listen>(RawRecord(TT_LISTEN)).backlog, 4096U);
  EXPECT_EQ(body_of<model::Listen>(RawRecord(TT_UNLISTEN)).backlog, 4096U);
}

TEST_F(DecoderTest, TellsTheState) {
  RawRecord raw(TT_SNAPSHOT);
  EXPECT_EQ(body_of<model::Snapshot>(raw).state, model::State::kCloseWait);

  raw.event.body.snapshot.state = 1;
  EXPECT_EQ(body_of<model::Snapshot>(raw).state, model::State::kEstablished);
  raw.event.body.snapshot.state = 11;
  EXPECT_EQ(body_of<model::Snapshot>(raw).state, model::State::kClosing);
}

TEST_F(DecoderTest, HasNoBodyForTheOthers) {
  for (const tt_kind kind : {TT_ATTEMPT, TT_REJECT}) {
    EXPECT_TRUE(std::holds_alternative<std::monostate>(decoded(RawRecord(kind)).body)) << kind;
  }
}

}  // namespace
}  // namespace tcptrail::kernel
