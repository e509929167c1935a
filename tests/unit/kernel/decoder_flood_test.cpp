// Entries of a flood map: as the kernel makes them, and as it does not.

#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <variant>

#include "kernel/decoder.h"
#include "unit/kernel/raw_record.h"
#include "unit/support/result.h"

namespace tcptrail::kernel {
namespace {

using test::RawRecord;
using test::refused;
using test::succeeded;

struct RawFlood {
  tt_flood_key key{};
  tt_flood flood{};
};

RawFlood raw_flood(tt_kind kind) {
  RawFlood raw;
  raw.key.kind = static_cast<__u8>(kind);
  raw.flood.conn = RawRecord(kind).event.conn;
  raw.flood.count = 12'345;
  raw.flood.first_ns = 1'000'000'000;
  raw.flood.last_ns = 5'000'000'000;
  return raw;
}

class DecodeFloodTest : public testing::Test {
 protected:
  model::Event decoded(const RawFlood& raw) const {
    const auto event = decode_flood(raw.key, raw.flood, clock_);
    EXPECT_TRUE(succeeded(event));
    return event.value_or(model::Event{});
  }

  WallClock clock_;
};

TEST_F(DecodeFloodTest, TellsWhatWasCounted) {
  const model::Event event = decoded(raw_flood(TT_CONNECT));

  EXPECT_EQ(event.kind, model::Kind::kFlood);
  EXPECT_EQ(event.time, clock_.at(5'000'000'000)) << "the last one's";
  const auto& body = std::get<model::Flood>(event.body);
  EXPECT_EQ(body.kind, model::Kind::kConnect);
  EXPECT_EQ(body.count, 12'345U);
  EXPECT_EQ(body.first, clock_.at(1'000'000'000));
  EXPECT_EQ(body.last, clock_.at(5'000'000'000));
  EXPECT_FALSE(body.error.has_value());
}

TEST_F(DecodeFloodTest, TellsTheErrorOfFailures) {
  RawFlood raw = raw_flood(TT_FAIL);
  raw.key.error = ECONNREFUSED;

  EXPECT_EQ(std::get<model::Flood>(decoded(raw).body).error, ECONNREFUSED);
}

TEST_F(DecodeFloodTest, TellsWhatTheConnectionsHaveInCommon) {
  RawFlood raw = raw_flood(TT_CLOSE);

  raw.flood.conn.direction = TT_OUTBOUND;
  const model::Connection outbound = decoded(raw).conn;
  raw.flood.conn.direction = TT_INBOUND;
  const model::Connection inbound = decoded(raw).conn;

  EXPECT_FALSE(outbound.id || inbound.id);
  EXPECT_TRUE(outbound.local_ip && outbound.remote_ip && inbound.local_ip && inbound.remote_ip);
  EXPECT_FALSE(outbound.local_port.has_value());
  EXPECT_EQ(outbound.remote_port, 443);
  EXPECT_EQ(inbound.local_port, 43210);
  EXPECT_FALSE(inbound.remote_port.has_value());
  EXPECT_TRUE(outbound.owner && inbound.owner);
}

TEST_F(DecodeFloodTest, RefusesWhatNoProgramOfOursMakes) {
  const auto decode_damaged = [&](const std::function<void(RawFlood&)>& damage) {
    RawFlood raw = raw_flood(TT_FAIL);
    damage(raw);
    return decode_flood(raw.key, raw.flood, clock_);
  };

  EXPECT_TRUE(refused(decode_damaged([](RawFlood& raw) { raw.key.kind = TT_EXEC; }), ErrorCode::kFailed,
                      {"kind 10"}));
  EXPECT_TRUE(refused(decode_damaged([](RawFlood& raw) { raw.key.error = 4096; }), ErrorCode::kFailed,
                      {"error 4096"}));
  EXPECT_TRUE(
      refused(decode_damaged([](RawFlood& raw) { raw.key.error = -2; }), ErrorCode::kFailed, {"error -2"}));
  EXPECT_TRUE(refused(decode_damaged([](RawFlood& raw) { raw.flood.conn.family = 5; }), ErrorCode::kFailed,
                      {"family 5"}));
}

}  // namespace
}  // namespace tcptrail::kernel
