#include <sys/socket.h>

#include "support/expect.h"

namespace tcptrail::test {
namespace {

void say_family(Expected& event, const SockAddr& address) {
  const bool ipv4 = address.family() == AF_INET || address.mapped();
  event.with("family", ipv4 ? "ipv4" : "ipv6");
  if (address.mapped()) {
    event.with("mapped", true);
  } else {
    event.absent("mapped");
  }
}

void say_local(Expected& event, const SockAddr& address) {
  event.with("local_ip", address.ip()).with("local_port", address.port());
}

void say_remote(Expected& event, const SockAddr& address) {
  event.with("remote_ip", address.ip()).with("remote_port", address.port());
}

void say_who(Expected& event, const Identity& who, std::string_view owner) {
  event.with("pid", who.pid).with("tid", who.tid).with("uid", who.uid).with("gid", who.gid);
  event.with("comm", std::string_view(who.comm)).with("owner", owner).with("netns", who.netns);
  if (who.cgroup != 0) event.with("cgroup_id", who.cgroup);
  event.absent("ns_pid");
}

Expected outbound(std::string kind, std::string conn, const SocketFact& fact) {
  Expected event(std::move(kind), std::move(conn));
  event.with("direction", "outbound");
  say_family(event, fact.remote);
  say_remote(event, fact.remote);
  say_who(event, fact.who, "connect");
  return event;
}

Expected inbound(std::string kind, std::string conn, const SocketFact& fact, std::string_view owner) {
  Expected event(std::move(kind), std::move(conn));
  event.with("direction", "inbound");
  say_family(event, fact.remote);
  say_local(event, fact.local);
  say_remote(event, fact.remote);
  say_who(event, fact.who, owner);
  return event;
}

void say_counters(Expected& event) {
  for (const char* field : {"duration_us", "bytes_out", "bytes_in", "segs_out", "segs_in", "retransmits"}) {
    event.present(field);
  }
}

}  // namespace

// The source port is chosen after the state has changed, unless the program had bound one.
Expected attempt(std::string conn, const SocketFact& fact) {
  Expected event = outbound("attempt", std::move(conn), fact);
  if (fact.local.port() != 0) event.with_if_present("local_port", fact.local.port());
  return event;
}

Expected connected(std::string conn, const SocketFact& fact) {
  Expected event = outbound("connect", std::move(conn), fact);
  say_local(event, fact.local);
  event.between("latency_us", 0, 10'000'000);
  return event;
}

Expected pending(std::string conn, const SocketFact& fact) {
  Expected event = outbound("pending", std::move(conn), fact);
  event.present("local_ip").present("local_port").between("latency_us", 500'000, 5'000'000);
  return event;
}

Expected failed(std::string conn, const SocketFact& fact, std::string_view reason, std::string_view error) {
  Expected event = outbound("fail", std::move(conn), fact);
  event.with("reason", reason);
  if (error.empty()) {
    event.absent("error");
  } else {
    event.with("error", error);
  }
  if (fact.local.port() != 0) say_local(event, fact.local);
  return event;
}

Expected accepted(std::string conn, const SocketFact& fact) {
  Expected event = inbound("accept", std::move(conn), fact, "accept");
  event.between("backlog_us", 0, 10'000'000);
  return event;
}

Expected closed_outbound(std::string conn, const SocketFact& fact, std::string_view end) {
  Expected event = outbound("close", std::move(conn), fact);
  say_local(event, fact.local);
  say_counters(event);
  event.with("end", end).absent("accepted");
  return event;
}

Expected closed_inbound(std::string conn, const SocketFact& fact, std::string_view end) {
  Expected event = inbound("close", std::move(conn), fact, "accept");
  say_counters(event);
  event.with("end", end).with("accepted", true);
  return event;
}

Expected closed_unaccepted(std::string conn, const SocketFact& listener, const SocketFact& client) {
  const SocketFact fact{listener.who, client.remote, client.local};
  Expected event = inbound("close", std::move(conn), fact, "listener");
  say_counters(event);
  event.present("end").with("accepted", false);
  return event;
}

// Which end of a connection was the server is a guess then.
Expected older(Expected event, std::string_view owner) {
  for (const char* field : {"tid", "direction", "latency_us", "duration_us", "backlog_us"})
    event.anything(field);
  return event.or_absent({"pid", "uid", "gid", "comm", "cgroup_id"}).with_if_present("owner", owner);
}

Expected rejected(const SocketFact& client) {
  Expected event("reject", "");
  event.with("direction", "inbound").with("netns", client.who.netns).absent("conn").absent("pid");
  event.with("family", client.remote.family() == AF_INET || client.remote.mapped() ? "ipv4" : "ipv6");
  say_local(event, client.remote);
  event.with("remote_ip", client.local.port() != 0 ? client.local.ip() : client.remote.ip());
  if (client.local.port() != 0) {
    event.with("remote_port", client.local.port());
  } else {
    event.present("remote_port");
  }
  return event;
}

Expected listening(const SocketFact& listener, int backlog) {
  Expected event("listen", "");
  say_family(event, listener.local);
  say_local(event, listener.local);
  say_who(event, listener.who, "listener");
  event.with("backlog", backlog).absent("remote_ip").absent("remote_port").absent("direction");
  return event;
}

Expected stopped_listening(const SocketFact& listener) {
  Expected event("unlisten", "");
  say_family(event, listener.local);
  say_local(event, listener.local);
  say_who(event, listener.who, "listener");
  event.absent("remote_ip").absent("remote_port").absent("direction");
  return event;
}

}  // namespace tcptrail::test
