#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "model/event.h"

// An event's fields by name, in the order of docs/events.md: the one place that knows them, for all
// formats that are made of named fields.
namespace tcptrail::format {

// Every name that visit_fields uses for traced and lost events, in its order: the columns of csv.
inline constexpr auto kFieldNames = std::to_array<std::string_view>({"time",
                                                                     "event",
                                                                     "seq",
                                                                     "conn",
                                                                     "direction",
                                                                     "family",
                                                                     "mapped",
                                                                     "local_ip",
                                                                     "local_port",
                                                                     "remote_ip",
                                                                     "remote_port",
                                                                     "remote_name",
                                                                     "community_id",
                                                                     "pid",
                                                                     "tid",
                                                                     "ns_pid",
                                                                     "uid",
                                                                     "gid",
                                                                     "comm",
                                                                     "owner",
                                                                     "netns",
                                                                     "cgroup_id",
                                                                     "ppid",
                                                                     "start",
                                                                     "exe",
                                                                     "exe_deleted",
                                                                     "exe_memfd",
                                                                     "args",
                                                                     "args_truncated",
                                                                     "cwd",
                                                                     "session",
                                                                     "loginuid",
                                                                     "ancestors",
                                                                     "cgroup",
                                                                     "container",
                                                                     "container_name",
                                                                     "container_runtime",
                                                                     "pod_uid",
                                                                     "latency_us",
                                                                     "error",
                                                                     "reason",
                                                                     "backlog_us",
                                                                     "duration_us",
                                                                     "bytes_out",
                                                                     "bytes_in",
                                                                     "segs_out",
                                                                     "segs_in",
                                                                     "retransmits",
                                                                     "rtt_us",
                                                                     "end",
                                                                     "accepted",
                                                                     "backlog",
                                                                     "state",
                                                                     "kind",
                                                                     "count",
                                                                     "first",
                                                                     "last"});

// Calls, for each field that the event has:
//   visitor.token(name, text)      text that is ours: ASCII without quotes, commas or control characters
//   visitor.untrusted(name, text)  any bytes
//   visitor.number(name, value)    visitor.flag(name, bool)    visitor.counts(name, counts, kinds)
//   visitor.texts(name, vector)    any bytes                   visitor.ancestors(name, ancestor)  the nearest
//   one
template <typename Visitor>
class FieldWalk {
 public:
  FieldWalk(Visitor& visitor, const model::Event& event) : visit_(visitor), event_(event) {}

  void run() {
    time("time", event_.time);
    visit_.token("event", name_of(event_.kind));
    visit_.number("seq", event_.seq);
    if (event_.kind != model::Kind::kLost && event_.kind != model::Kind::kStats) walk(event_.conn);
    std::visit([this](const auto& body) { this->walk(body); }, event_.body);
  }

 private:
  void walk(const model::Connection& conn) {
    if (is_of_socket()) {
      if (conn.id) visit_.token("conn", hex(*conn.id));
      if (conn.direction != model::Direction::kNone) visit_.token("direction", name_of(conn.direction));
      visit_.token("family", name_of(conn.family));
      if (conn.mapped) visit_.flag("mapped", true);
      if (conn.local_ip) visit_.token("local_ip", ip(*conn.local_ip));
      number("local_port", conn.local_port);
      if (conn.remote_ip) visit_.token("remote_ip", ip(*conn.remote_ip));
      number("remote_port", conn.remote_port);
      text("remote_name", conn.remote_name);
      if (conn.community_id) visit_.token("community_id", conn.community_id->view());
    }
    if (conn.owner) walk(*conn.owner, conn.process.get());
    visit_.number("netns", conn.netns);
    if (conn.owner) visit_.number("cgroup_id", conn.owner->cgroup_id);
    if (conn.process) visit_.unchanging(conn.process, [&] { walk(*conn.process); });
    text("cgroup", conn.cgroup);
    if (conn.container) visit_.unchanging(conn.container, [&] { walk(*conn.container); });
  }

  // An exec and an exit are a process's own: they have no connection.
  bool is_of_socket() const { return event_.kind != model::Kind::kExec && event_.kind != model::Kind::kExit; }

  void walk(const model::Owner& owner, const model::Process* process) {
    visit_.number("pid", owner.pid);
    if (event_.kind != model::Kind::kFlood) visit_.number("tid", owner.tid);
    if (process != nullptr) number("ns_pid", process->ns_pid);
    visit_.number("uid", owner.uid);
    visit_.number("gid", owner.gid);
    visit_.untrusted("comm", owner.comm.view());
    if (is_of_socket()) visit_.token("owner", name_of(owner.kind));
  }

  void walk(const model::Process& process) {
    number("ppid", process.ppid);
    time("start", process.start);
    if (process.program) walk(*process.program);
    number("session", process.session);
    number("loginuid", process.loginuid);
    if (process.ancestors) visit_.ancestors("ancestors", *process.ancestors);
  }

  void walk(const model::Program& program) {
    text("exe", program.exe);
    if (program.exe_deleted) visit_.flag("exe_deleted", true);
    if (program.exe_memfd) visit_.flag("exe_memfd", true);
    if (!program.args.empty()) visit_.texts("args", program.args);
    if (program.args_truncated) visit_.flag("args_truncated", true);
    text("cwd", program.cwd);
  }

  void walk(const model::Container& container) {
    text("container", container.id);
    text("container_name", container.name);
    text("container_runtime", container.runtime);
    text("pod_uid", container.pod_uid);
  }

  void walk(const std::monostate&) {}
  void walk(const model::Connect& body) { number("latency_us", body.latency); }
  void walk(const model::Pending& body) { number("latency_us", body.latency); }
  void walk(const model::Accept& body) { number("backlog_us", body.backlog); }
  void walk(const model::Listen& body) { visit_.number("backlog", body.backlog); }

  void walk(const model::Fail& body) {
    number("latency_us", body.latency);
    error(body.error);
    visit_.token("reason", name_of(body.reason));
  }

  void walk(const model::Close& body) {
    number("duration_us", body.duration);
    visit_.number("bytes_out", body.bytes_out);
    visit_.number("bytes_in", body.bytes_in);
    visit_.number("segs_out", body.segs_out);
    visit_.number("segs_in", body.segs_in);
    visit_.number("retransmits", body.retransmits);
    number("rtt_us", body.rtt_us);
    visit_.token("end", name_of(body.end));
    if (event_.conn.direction == model::Direction::kInbound) visit_.flag("accepted", body.accepted);
  }

  void walk(const model::Snapshot& body) { visit_.token("state", name_of(body.state)); }

  void walk(const model::Flood& body) {
    error(body.error);
    visit_.token("kind", name_of(body.kind));
    visit_.number("count", body.count);
    time("first", body.first);
    time("last", body.last);
  }

  void walk(const model::Lost& body) { visit_.counts("count", body.count, nullptr); }

  void walk(const model::Stats& body) {
    const model::Accounting& all = body.accounting;
    visit_.counts("seen", all.seen, &all);
    visit_.counts("emitted", all.emitted, &all);
    visit_.counts("filtered", all.filtered, &all);
    visit_.counts("flooded", all.flooded, &all);
    visit_.counts("lost", all.lost, &all);
  }

  void error(const std::optional<int>& error) {
    if (!error) return;
    const std::string_view name = model::error_name(*error);
    visit_.token("error", name.empty() ? std::string_view(scratch_ = std::to_string(*error)) : name);
  }

  void time(std::string_view name, UnixNs time) {
    scratch_.clear();
    append_rfc3339(scratch_, time);
    visit_.token(name, scratch_);
  }

  void text(std::string_view name, const std::string& value) {
    if (!value.empty()) visit_.untrusted(name, value);
  }

  void text(std::string_view name, const std::shared_ptr<const std::string>& value) {
    if (value) text(name, *value);
  }

  template <typename T>
  void number(std::string_view name, const std::optional<T>& value) {
    if (value) visit_.number(name, *value);
  }

  std::string_view ip(const IpAddress& address) {
    scratch_.clear();
    append_ip(scratch_, address);
    return scratch_;
  }

  std::string_view hex(std::uint64_t id) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    scratch_.resize(16);
    for (std::size_t i = 16; i-- > 0; id >>= 4) scratch_[i] = kDigits[id & 0xf];
    return scratch_;
  }

  Visitor& visit_;
  const model::Event& event_;
  // One allocation for all events of a thread.
  static inline thread_local std::string scratch_;
};

template <typename Visitor>
void visit_fields(const model::Event& event, Visitor& visitor) {
  FieldWalk<Visitor>(visitor, event).run();
}

}  // namespace tcptrail::format
