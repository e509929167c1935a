// Records that no kernel program of ours makes: each is refused, with the reason.

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kernel/decoder.h"
#include "unit/kernel/raw_record.h"
#include "unit/support/result.h"

namespace tcptrail::kernel {
namespace {

using test::RawRecord;
using test::record_size;
using test::refused;
using test::succeeded;

class HostileRecordTest : public testing::Test {
 protected:
  Result<model::Event> decode_first(const RawRecord& raw, std::size_t size) const {
    // A copy of its own on the heap, so that a sanitizer sees any look beyond its end.
    const auto bytes = raw.first(size);
    const std::vector<std::byte> record(bytes.begin(), bytes.end());
    return decode(record, clock_);
  }

  // The answer to a good record after `damage`.
  Result<model::Event> decode_damaged(tt_kind kind, const std::function<void(tt_event&)>& damage) const {
    RawRecord raw(kind);
    damage(raw.event);
    return decode_first(raw, record_size(kind));
  }

  WallClock clock_;
};

TEST_F(HostileRecordTest, IsRefusedAtEveryLengthButItsOwn) {
  for (int value = 0; value <= TT_SNAPSHOT; ++value) {
    const auto kind = static_cast<tt_kind>(value);
    const RawRecord raw(kind);
    for (std::size_t size = 0; size < record_size(kind); ++size) {
      EXPECT_TRUE(refused(decode_first(raw, size), ErrorCode::kFailed,
                          {"a record from the kernel", std::to_string(size)}))
          << "kind " << kind << " cut to " << size << " bytes";
    }
    EXPECT_TRUE(succeeded(decode_first(raw, record_size(kind)))) << "kind " << kind;
  }
}

TEST_F(HostileRecordTest, IsRefusedWhereItClaimsAnotherLength) {
  for (int value = 0; value <= TT_SNAPSHOT; ++value) {
    const auto kind = static_cast<tt_kind>(value);
    for (const std::size_t claim : {std::size_t{0}, std::size_t{16}, record_size(kind) - 8,
                                    record_size(kind) + 8, std::size_t{UINT16_MAX}}) {
      const auto event =
          decode_damaged(kind, [&](tt_event& raw) { raw.header.size = static_cast<std::uint16_t>(claim); });
      EXPECT_TRUE(refused(event, ErrorCode::kFailed, {"claims " + std::to_string(claim)})) << "kind " << kind;
    }
  }
}

TEST_F(HostileRecordTest, MayBeFollowedByBytesThatAreNotItsOwn) {
  EXPECT_TRUE(succeeded(decode_first(RawRecord(TT_ATTEMPT), sizeof(tt_event))));
}

TEST_F(HostileRecordTest, IsRefusedInAnotherVersion) {
  for (const int version : {0, TT_ABI_VERSION + 1, 255}) {
    const auto event = decode_damaged(
        TT_CLOSE, [&](tt_event& raw) { raw.header.version = static_cast<std::uint8_t>(version); });
    EXPECT_TRUE(refused(event, ErrorCode::kFailed, {"version " + std::to_string(version)}));
  }
}

TEST_F(HostileRecordTest, IsRefusedWithAKindThatIsNone) {
  for (const int kind :
       {static_cast<int>(TT_EXEC), static_cast<int>(TT_EXIT), static_cast<int>(TT_KINDS), 255}) {
    const auto event =
        decode_damaged(TT_CLOSE, [&](tt_event& raw) { raw.header.kind = static_cast<std::uint8_t>(kind); });
    EXPECT_TRUE(refused(event, ErrorCode::kFailed, {"kind " + std::to_string(kind)}));
  }
}

TEST_F(HostileRecordTest, IsRefusedWithAFamilyThatIsNone) {
  for (const int family : {0, 2, 5, 10, 255}) {
    const auto event = decode_damaged(
        TT_CONNECT, [&](tt_event& raw) { raw.conn.family = static_cast<std::uint8_t>(family); });
    EXPECT_TRUE(refused(event, ErrorCode::kFailed, {"family " + std::to_string(family)}));
  }
}

TEST_F(HostileRecordTest, IsRefusedWithADirectionThatIsNone) {
  for (const int direction : {TT_INBOUND + 1, 255}) {
    const auto event = decode_damaged(
        TT_CONNECT, [&](tt_event& raw) { raw.conn.direction = static_cast<std::uint8_t>(direction); });
    EXPECT_TRUE(refused(event, ErrorCode::kFailed, {"direction " + std::to_string(direction)}));
  }
}

TEST_F(HostileRecordTest, IsRefusedWithAnOwnerThatIsNone) {
  for (const int owner : {TT_OWNER_SNAPSHOT + 1, 255}) {
    const auto event =
        decode_damaged(TT_CONNECT, [&](tt_event& raw) { raw.conn.owner = static_cast<std::uint8_t>(owner); });
    EXPECT_TRUE(refused(event, ErrorCode::kFailed, {"owner " + std::to_string(owner)}));
  }
}

TEST_F(HostileRecordTest, IsRefusedWithAnErrorThatIsNone) {
  for (const int error : {TT_UNKNOWN_ERROR - 1, INT32_MIN, 4096, INT32_MAX}) {
    const auto event = decode_damaged(TT_FAIL, [&](tt_event& raw) { raw.body.latency.error = error; });
    EXPECT_TRUE(refused(event, ErrorCode::kFailed, {"error " + std::to_string(error)}));
  }
}

TEST_F(HostileRecordTest, IsRefusedWithAnEndThatIsNone) {
  for (const int end : {static_cast<int>(TT_ENDS), 255}) {
    const auto event =
        decode_damaged(TT_CLOSE, [&](tt_event& raw) { raw.body.close.end = static_cast<std::uint8_t>(end); });
    EXPECT_TRUE(refused(event, ErrorCode::kFailed, {"end " + std::to_string(end)}));
  }
}

TEST_F(HostileRecordTest, IsRefusedWithABacklogThatIsNone) {
  for (const tt_kind kind : {TT_LISTEN, TT_UNLISTEN}) {
    const auto event = decode_damaged(kind, [](tt_event& raw) { raw.body.listen.backlog = 1ULL << 32; });
    EXPECT_TRUE(refused(event, ErrorCode::kFailed, {"backlog 4294967296"}));
  }
}

TEST_F(HostileRecordTest, IsRefusedWithAStateThatIsNone) {
  for (const std::uint64_t state : {std::uint64_t{0}, std::uint64_t{12}, std::uint64_t{1} << 32 | 1}) {
    const auto event = decode_damaged(TT_SNAPSHOT, [&](tt_event& raw) { raw.body.snapshot.state = state; });
    EXPECT_TRUE(refused(event, ErrorCode::kFailed, {"state " + std::to_string(state)}));
  }
}

TEST_F(HostileRecordTest, MayHaveFlagsThatWeDoNotKnow) {
  const auto event = decode_damaged(TT_CLOSE, [](tt_event& raw) { raw.conn.flags = 0xf8; });

  ASSERT_TRUE(succeeded(event));
  EXPECT_FALSE(event->conn.mapped);
  EXPECT_FALSE(std::get<model::Close>(event->body).accepted);
}

}  // namespace
}  // namespace tcptrail::kernel
