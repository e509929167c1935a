#include "cli/awaited_event.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <utility>
#include <variant>

namespace tcptrail::cli {
namespace {

using model::Direction;
using model::Event;
using model::Kind;

// Events have the process id of the initial pid namespace. In another one we do not know ours.
std::optional<std::uint32_t> initial_pid() {
  constexpr ino_t kInitialPidNamespace = 0xEFFFFFFC;  // PROC_PID_INIT_INO
  struct stat status {};
  if (::stat("/proc/self/ns/pid", &status) != 0 || status.st_ino != kInitialPidNamespace) return std::nullopt;
  return static_cast<std::uint32_t>(::getpid());
}

bool is_of_this_process(const Event& event) {
  static const std::optional<std::uint32_t> kPid = initial_pid();
  return event.conn.owner && (!kPid || event.conn.owner->pid == *kPid);
}

// A reject has no process, whose an older socket is may not be known, and it is another process that begins
// and ends.
bool is_by_this_process(Kind kind) {
  return model::KindSet::of_sockets().without({Kind::kReject, Kind::kSnapshot}).has(kind);
}

bool is_of_family(const Event& event, int family) {
  return event.conn.family == (family == AF_INET6 ? model::Family::kIpv6 : model::Family::kIpv4);
}

}  // namespace

AwaitedEvent await(std::uint32_t netns, Kind kind, std::string what, EventTest is) {
  return {kind, std::move(what), [netns, kind, is = std::move(is)](const Event& event) {
            return event.kind == kind && event.conn.netns == netns && is(event) &&
                   (!is_by_this_process(kind) || is_of_this_process(event));
          }};
}

EventTest outbound_to(std::uint16_t port, int family) {
  return [=](const Event& event) {
    return event.conn.direction == Direction::kOutbound && event.conn.remote_port == port &&
           is_of_family(event, family);
  };
}

EventTest inbound_at(std::uint16_t port, int family) {
  return [=](const Event& event) {
    return event.conn.direction == Direction::kInbound && event.conn.local_port == port &&
           is_of_family(event, family);
  };
}

EventTest connected_to(std::uint16_t port) {
  return [=](const Event& event) { return event.conn.remote_port == port; };
}

EventTest listener_at(std::uint16_t port) {
  return [=](const Event& event) {
    return event.conn.direction == Direction::kNone && event.conn.local_port == port &&
           !event.conn.remote_port;
  };
}

EventTest any_such() {
  return [](const Event&) { return true; };
}

EventTest failure_to(std::uint16_t port, int error) {
  return [=](const Event& event) {
    const auto* const failure = std::get_if<model::Fail>(&event.body);
    return event.conn.remote_port == port && failure != nullptr && failure->error == error;
  };
}

}  // namespace tcptrail::cli
