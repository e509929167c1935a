#include "format/classic.h"

#include <fmt/format.h>

#include <iterator>

#include "base/text.h"

namespace tcptrail::format {
namespace {

void set_ip(std::string& text, const std::optional<IpAddress>& address) {
  text.clear();
  if (address) append_ip(text, *address);
}

}  // namespace

void Classic::append_header(std::string& out) const {
  fmt::format_to(std::back_inserter(out), "{:<6} {:<12} {:<16} {:<16} {:<4}\n", "PID", "COMM", "SADDR",
                 "DADDR", "DPORT");
}

void Classic::append(std::string& out, const model::Event& event) {
  if (!tells(event.kind) || event.conn.family != model::Family::kIpv4 || !event.conn.owner) return;
  const model::Owner& owner = *event.conn.owner;
  comm_.clear();
  append_escaped_text(comm_, owner.comm.view());
  set_ip(local_, event.conn.local_ip);
  set_ip(remote_, event.conn.remote_ip);
  fmt::format_to(std::back_inserter(out), "{:<6} {:<12.12} {:<16} {:<16} {:<4}\n", owner.pid, comm_, local_,
                 remote_, event.conn.remote_port.value_or(0));
}

}  // namespace tcptrail::format
