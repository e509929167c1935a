#include "kernel/decoder.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>

#include "abi/event.h"

namespace tcptrail::kernel {
namespace {

using model::Kind;
using model::Microseconds;

constexpr int kLargestErrno = 4095;

std::size_t size_of(std::uint8_t kind) { return kind == TT_CLOSE ? sizeof(tt_event) : TT_SHORT_SIZE; }

static_assert(static_cast<int>(Kind::kAttempt) == TT_ATTEMPT &&
              static_cast<int>(Kind::kUnlisten) == TT_UNLISTEN &&
              static_cast<int>(Kind::kSnapshot) == TT_SNAPSHOT);

tl::unexpected<Error> bad(std::string what) {
  return fail(ErrorCode::kFailed, "a record from the kernel cannot be read: " + std::move(what));
}

// The beginning may be noted after a program has read the end's time: on another processor, or on this one,
// where from Linux 7.0 a task may be preempted in a program. Then the difference is below 0, and no time has
// passed.
std::optional<Microseconds> microseconds(std::uint64_t ns) {
  constexpr std::uint64_t kBelowZero = std::uint64_t{1} << 63U;
  if (ns == TT_UNKNOWN_NS) return std::nullopt;
  return ns >= kBelowZero ? 0 : ns / 1000;
}

IpAddress address(const __u32 (&words)[4]) {
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), words, bytes.size());
  return IpAddress(bytes);
}

// Port 0 is one that is not chosen yet, except at the end that was asked for.
std::optional<std::uint16_t> port(std::uint16_t value, bool asked_for) {
  if (value == 0 && !asked_for) return std::nullopt;
  return value;
}

model::Owner decode_owner(const tt_conn& from, model::OwnerKind kind) {
  model::Owner owner;
  owner.kind = kind;
  owner.pid = from.task.pid;
  owner.tid = from.task.tid;
  owner.uid = from.task.uid;
  owner.gid = from.task.gid;
  owner.cgroup_id = from.task.cgroup_id;
  owner.started = from.owner_mark % model::kStartMarks;
  owner.execs = static_cast<model::Execs>(from.owner_mark >> 24U);
  owner.comm = model::Comm({from.task.comm, sizeof(from.task.comm)});
  return owner;
}

Result<model::Connection> decode_connection(const tt_conn& from) {
  if (from.family != 4 && from.family != 6) return bad(fmt::format("family {}", from.family));
  if (from.direction > TT_INBOUND) return bad(fmt::format("direction {}", from.direction));
  if (from.owner > TT_OWNER_SNAPSHOT) return bad(fmt::format("owner {}", from.owner));
  model::Connection conn;
  if (from.id != 0) conn.id = from.id;
  conn.direction = static_cast<model::Direction>(from.direction);
  conn.family = from.family == 4 ? model::Family::kIpv4 : model::Family::kIpv6;
  conn.mapped = (from.flags & TT_MAPPED) != 0;
  conn.netns = from.netns;
  conn.local_port = port(from.local_port, conn.direction == model::Direction::kInbound);
  conn.remote_port = port(from.remote_port, conn.direction == model::Direction::kOutbound);
  // A socket that connects has no local address before one is chosen; one that listens may mean them all.
  const IpAddress local = address(from.local);
  if (conn.direction != model::Direction::kOutbound || !local.is_unspecified()) conn.local_ip = local;
  if (conn.remote_port) conn.remote_ip = address(from.remote);
  if (from.owner != TT_OWNER_NONE) {
    conn.owner = decode_owner(from, static_cast<model::OwnerKind>(from.owner - TT_OWNER_CONNECT));
  }
  return conn;
}

bool is_error(std::int32_t error) { return error >= TT_UNKNOWN_ERROR && error <= kLargestErrno; }

Result<model::Fail> decode_fail(const tt_latency_body& from) {
  if (!is_error(from.error)) return bad(fmt::format("error {}", from.error));
  model::Fail body;
  body.latency = microseconds(from.latency_ns);
  body.reason = from.error == TT_UNKNOWN_ERROR ? model::Reason::kOther : model::reason_of(from.error);
  if (from.error > 0) body.error = from.error;
  return body;
}

Result<model::Listen> decode_listen(const tt_listen_body& from) {
  if (from.backlog > std::numeric_limits<std::uint32_t>::max())
    return bad(fmt::format("backlog {}", from.backlog));
  return model::Listen{static_cast<std::uint32_t>(from.backlog)};
}

Result<model::Snapshot> decode_snapshot(const tt_snapshot_body& from) {
  if (from.state < static_cast<__u64>(model::State::kEstablished) ||
      from.state > static_cast<__u64>(model::State::kClosing))
    return bad(fmt::format("state {}", from.state));
  return model::Snapshot{static_cast<model::State>(from.state)};
}

Result<model::Close> decode_close(const tt_close_body& from, bool accepted) {
  if (from.end >= TT_ENDS) return bad(fmt::format("end {}", from.end));
  model::Close body;
  body.duration = microseconds(from.duration_ns);
  body.bytes_out = from.bytes_out;
  body.bytes_in = from.bytes_in;
  body.segs_out = from.segs_out;
  body.segs_in = from.segs_in;
  body.retransmits = from.retransmits;
  if (from.rtt_us != 0) body.rtt_us = from.rtt_us;
  body.end = static_cast<model::End>(from.end);
  body.accepted = accepted;
  return body;
}

Result<model::Body> decode_body(Kind kind, const tt_event& from) {
  const auto as_body = [](auto&& body) -> model::Body { return body; };
  switch (kind) {
    case Kind::kConnect:
      return model::Connect{microseconds(from.body.latency.latency_ns)};
    case Kind::kPending:
      return model::Pending{microseconds(from.body.latency.latency_ns)};
    case Kind::kFail:
      return decode_fail(from.body.latency).map(as_body);
    case Kind::kAccept:
      return model::Accept{microseconds(from.body.latency.latency_ns)};
    case Kind::kClose:
      return decode_close(from.body.close, (from.conn.flags & TT_ACCEPTED) != 0).map(as_body);
    case Kind::kListen:
    case Kind::kUnlisten:
      return decode_listen(from.body.listen).map(as_body);
    case Kind::kSnapshot:
      return decode_snapshot(from.body.snapshot).map(as_body);
    default:
      return model::Body{};
  }
}

}  // namespace

Result<model::Event> decode(std::span<const std::byte> record, const WallClock& clock) {
  tt_event raw{};
  if (record.size() < TT_SHORT_SIZE) return bad(fmt::format("only {} bytes", record.size()));
  std::memcpy(&raw, record.data(), std::min(record.size(), sizeof(raw)));
  if (raw.header.version != TT_ABI_VERSION) return bad(fmt::format("version {}", raw.header.version));
  if (raw.header.kind > TT_SNAPSHOT) return bad(fmt::format("kind {}", raw.header.kind));
  const std::size_t expected = size_of(raw.header.kind);
  if (raw.header.size != expected || record.size() < expected) {
    return bad(fmt::format("{} bytes, of which it claims {}, where its kind has {}", record.size(),
                           raw.header.size, expected));
  }
  const auto kind = static_cast<Kind>(raw.header.kind);
  auto conn = decode_connection(raw.conn);
  if (!conn) return tl::unexpected(conn.error());
  auto body = decode_body(kind, raw);
  if (!body) return tl::unexpected(body.error());
  return model::Event{kind, clock.at(raw.header.time_ns), 0, *std::move(conn), *std::move(body)};
}

Result<model::Event> decode_flood(const tt_flood_key& key, const tt_flood& flood, const WallClock& clock) {
  if (key.kind > TT_SNAPSHOT) return bad(fmt::format("kind {} of a flood", key.kind));
  if (!is_error(key.error)) return bad(fmt::format("error {} of a flood", key.error));
  auto conn = decode_connection(flood.conn);
  if (!conn) return tl::unexpected(conn.error());
  // What differs among those that were counted.
  conn->id.reset();
  if (conn->direction == model::Direction::kOutbound) conn->local_port.reset();
  if (conn->direction == model::Direction::kInbound) conn->remote_port.reset();
  model::Flood body;
  body.kind = static_cast<Kind>(key.kind);
  body.count = flood.count;
  body.first = clock.at(flood.first_ns);
  body.last = clock.at(flood.last_ns);
  if (key.error > 0) body.error = key.error;
  return model::Event{Kind::kFlood, body.last, 0, *std::move(conn), body};
}

}  // namespace tcptrail::kernel
