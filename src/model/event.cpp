#include "model/event.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace tcptrail::model {
namespace {

template <std::size_t N, typename Enum>
std::string_view pick(const std::array<std::string_view, N>& names, Enum value) {
  return names.at(static_cast<std::size_t>(value));
}

}  // namespace

std::string_view name_of(Direction direction) {
  static constexpr std::array<std::string_view, 3> kNames = {"", "outbound", "inbound"};
  return pick(kNames, direction);
}

std::string_view name_of(Family family) {
  static constexpr std::array<std::string_view, 2> kNames = {"ipv4", "ipv6"};
  return pick(kNames, family);
}

std::string_view name_of(OwnerKind owner) {
  static constexpr std::array<std::string_view, 4> kNames = {"connect", "accept", "listener", "snapshot"};
  return pick(kNames, owner);
}

std::string_view name_of(End end) {
  static constexpr std::array<std::string_view, 5> kNames = {"fin", "reset_local", "reset_remote", "timeout",
                                                             "error"};
  return pick(kNames, end);
}

std::string_view name_of(Reason reason) {
  static constexpr std::array<std::string_view, 7> kNames = {"refused", "timeout", "unreachable", "denied",
                                                             "address", "aborted", "other"};
  return pick(kNames, reason);
}

std::string_view name_of(State state) {
  static constexpr std::array<std::string_view, 12> kNames = {
      "",          "established", "syn_sent",   "syn_recv", "fin_wait1", "fin_wait2",
      "time_wait", "close",       "close_wait", "last_ack", "listen",    "closing"};
  return pick(kNames, state);
}

Counted counted(const Event& event) {
  if (const auto* const flood = std::get_if<Flood>(&event.body)) return {flood->kind, flood->count};
  return {event.kind, 1};
}

Reason reason_of(int error) {
  switch (error) {
    case 0:
    case ECONNABORTED:  // tcp_abort, as by ss --kill
      return Reason::kAborted;
    case ECONNREFUSED:
      return Reason::kRefused;
    case ETIMEDOUT:
      return Reason::kTimeout;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case ENONET:
    case ENOPROTOOPT:  // ICMP protocol unreachable
      return Reason::kUnreachable;
    case EPERM:
    case EACCES:
      return Reason::kDenied;
    case EADDRNOTAVAIL:
    case EADDRINUSE:
      return Reason::kAddress;
    default:
      return Reason::kOther;
  }
}

std::string_view error_name(int error) {
  const char* const name = strerrorname_np(error);
  return name == nullptr ? std::string_view() : std::string_view(name);
}

}  // namespace tcptrail::model
