#include "format/classic.h"

#include <fmt/format.h>

#include <iterator>

#include "base/text.h"

namespace tcptrail::format {
namespace {

std::string dotted(const std::optional<IpAddress>& address) {
  std::string text;
  if (address) append_ip(text, *address);
  return text;
}

}  // namespace

void Classic::append_header(std::string& out) const {
  fmt::format_to(std::back_inserter(out), "{:<6} {:<12} {:<16} {:<16} {:<4}\n", "PID", "COMM", "SADDR",
                 "DADDR", "DPORT");
}

void Classic::append(std::string& out, const model::Event& event) {
  if (!tells(event.kind) || event.conn.family != model::Family::kIpv4 || !event.conn.owner) return;
  const model::Owner& owner = *event.conn.owner;
  fmt::format_to(std::back_inserter(out), "{:<6} {:<12.12} {:<16} {:<16} {:<4}\n", owner.pid,
                 escape_text(owner.comm.view()), dotted(event.conn.local_ip), dotted(event.conn.remote_ip),
                 event.conn.remote_port.value_or(0));
}

}  // namespace tcptrail::format
