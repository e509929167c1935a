#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/ip.h"
#include "model/comm.h"
#include "model/community_id.h"
#include "model/kind.h"
#include "model/process.h"

// Events as plain values: what happened, whoever saw it. A field that is not known is nullopt.
namespace tcptrail::model {

enum class Direction : std::uint8_t { kNone, kOutbound, kInbound };
enum class Family : std::uint8_t { kIpv4, kIpv6 };
enum class OwnerKind : std::uint8_t { kConnect, kAccept, kListener, kSnapshot };
// Of a TCP socket, in the kernel's order.
enum class State : std::uint8_t {
  kEstablished = 1,
  kSynSent,
  kSynRecv,
  kFinWait1,
  kFinWait2,
  kTimeWait,
  kClose,
  kCloseWait,
  kLastAck,
  kListen,
  kClosing,
};
enum class End : std::uint8_t { kFin, kResetLocal, kResetRemote, kTimeout, kError };
enum class Reason : std::uint8_t { kRefused, kTimeout, kUnreachable, kDenied, kAddress, kAborted, kOther };

std::string_view name_of(Direction direction);
std::string_view name_of(Family family);
std::string_view name_of(OwnerKind owner);
std::string_view name_of(End end);
std::string_view name_of(Reason reason);
std::string_view name_of(State state);

struct Owner {
  OwnerKind kind = OwnerKind::kConnect;
  std::uint32_t pid = 0;  // thread group, initial pid namespace
  std::uint32_t tid = 0;
  std::uint32_t uid = 0;  // effective
  std::uint32_t gid = 0;
  std::uint64_t cgroup_id = 0;  // cgroup v2
  StartMark started = 0;        // of the process; 0, as execs, where the kernel did not say
  Execs execs = 0;
  Comm comm;
};

struct Connection {
  std::optional<std::uint64_t> id;
  Direction direction = Direction::kNone;
  Family family = Family::kIpv4;
  bool mapped = false;
  std::optional<IpAddress> local_ip, remote_ip;
  std::optional<std::uint16_t> local_port, remote_port;
  std::uint32_t netns = 0;  // inode number
  std::optional<Owner> owner;
  // What src/enrich/ adds; null where it is not known.
  std::shared_ptr<const Process> process;     // the owner's, as it was when it became that
  std::shared_ptr<const std::string> cgroup;  // the owner's, "/a/b"
  std::shared_ptr<const Container> container;
  std::shared_ptr<const std::string> remote_name;  // that this host resolved to remote_ip
  std::optional<CommunityId> community_id;
};

using Microseconds = std::uint64_t;

struct Connect {
  std::optional<Microseconds> latency;  // SYN to established
};

struct Fail {
  std::optional<int> error;  // a positive errno
  Reason reason = Reason::kOther;
  std::optional<Microseconds> latency;
};

struct Pending {
  std::optional<Microseconds> latency;  // so far
};

struct Accept {
  std::optional<Microseconds> backlog;  // established to accepted
};

struct Close {
  std::optional<Microseconds> duration;
  std::uint64_t bytes_out = 0;  // payload that the peer acknowledged
  std::uint64_t bytes_in = 0;   // payload received
  std::uint32_t segs_out = 0;
  std::uint32_t segs_in = 0;
  std::uint32_t retransmits = 0;
  std::optional<std::uint32_t> rtt_us;  // smoothed
  End end = End::kFin;
  bool accepted = false;  // of inbound ones
};

struct Listen {  // and unlisten
  std::uint32_t backlog = 0;
};

struct Snapshot {
  State state = State::kEstablished;
};

// Events of one process towards one remote address and port that were counted instead of told: the connection
// has what they have in common.
struct Flood {
  Kind kind = Kind::kConnect;  // theirs
  std::uint64_t count = 0;
  UnixNs first = 0;
  UnixNs last = 0;
  std::optional<int> error;  // of failures
};

struct Lost {
  KindCounts count;
};

struct Stats {
  Accounting accounting;
};

using Body =
    std::variant<std::monostate, Connect, Fail, Pending, Accept, Close, Listen, Snapshot, Flood, Lost, Stats>;

struct Event {
  Kind kind = Kind::kAttempt;
  UnixNs time = 0;
  std::uint64_t seq = 0;  // set when it is put on the stream
  Connection conn;
  Body body;
};

// The events of a counted kind that this one stands for.
struct Counted {
  Kind kind;
  std::uint64_t count;
};
Counted counted(const Event& event);

// Why an attempt failed, by its errno; 0 means that it was given up locally.
Reason reason_of(int error);
// "ECONNREFUSED"; empty where the C library knows no name.
std::string_view error_name(int error);

}  // namespace tcptrail::model
