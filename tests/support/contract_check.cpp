#include "support/contract_check.h"

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <string_view>

namespace tcptrail::test {
namespace {

using Fields = std::set<std::string, std::less<>>;

struct Rule {
  Fields required;
  Fields optional;
};

Fields operator+(Fields left, const Fields& right) {
  left.insert(right.begin(), right.end());
  return left;
}

const Fields kStream{"time", "event", "seq"};
const Fields kOwner{"pid", "tid", "uid", "gid", "comm", "owner", "netns", "cgroup_id"};
const Fields kDoer{"pid", "tid", "uid", "gid", "comm", "netns", "cgroup_id"};
const Fields kTuple{"direction", "family", "local_ip", "local_port", "remote_ip", "remote_port"};
const Fields kTarget{"direction", "family", "remote_ip", "remote_port"};
const Fields kLocal{"local_ip", "local_port"};
// What tells more of a process.
const Fields kProcess{"ns_pid",        "ppid",      "start",     "exe",
                      "exe_deleted",   "exe_memfd", "args",      "cwd",
                      "session",       "cgroup",    "container", "container_name",
                      "pod_uid",       "loginuid",  "ancestors", "container_runtime",
                      "args_truncated"};
// What may come with any event of a socket that has a process or an address.
const Fields kEnrichment = kProcess + Fields{"mapped", "remote_name", "community_id", "conn"};

const std::map<std::string, Rule, std::less<>>& rules() {
  static const Fields kConn = kStream + kOwner + Fields{"conn"};
  static const std::map<std::string, Rule, std::less<>> kAll{
      {"attempt", {kConn + kTarget, kLocal}},
      {"connect", {kConn + kTuple + Fields{"latency_us"}, {}}},
      {"pending", {kConn + kTuple + Fields{"latency_us"}, {}}},
      {"fail", {kConn + kTarget + Fields{"reason"}, kLocal + Fields{"error", "latency_us"}}},
      {"accept", {kConn + kTuple + Fields{"backlog_us"}, {}}},
      {"close",
       {kConn + kTuple +
            Fields{"duration_us", "bytes_out", "bytes_in", "segs_out", "segs_in", "retransmits", "end"},
        {"rtt_us", "accepted"}}},
      {"reject", {kStream + kTuple + Fields{"netns"}, {}}},
      {"listen", {kStream + kOwner + Fields{"family", "local_ip", "backlog"}, {"local_port"}}},
      {"unlisten", {kStream + kOwner + Fields{"family", "local_ip"}, {"local_port", "backlog"}}},
      {"flood",
       {kStream + Fields{"direction", "family", "remote_ip", "netns", "kind", "count", "first", "last"},
        kOwner + kLocal + Fields{"remote_port", "error"}}},
      {"exec", {kStream + kDoer, {}}},
      {"exit", {kStream + kDoer, {}}},
      {"snapshot", {kConn + kLocal + Fields{"family", "state"}, {"direction", "remote_ip", "remote_port"}}},
  };
  return kAll;
}

const Fields kNumbers{"seq",       "local_port", "remote_port", "pid",        "tid",         "uid",
                      "gid",       "netns",      "cgroup_id",   "latency_us", "duration_us", "backlog_us",
                      "bytes_out", "bytes_in",   "segs_out",    "segs_in",    "rtt_us",      "retransmits",
                      "backlog",   "ns_pid",     "ppid",        "count",      "session",     "loginuid"};
const Fields kFlags{"mapped", "accepted", "exe_deleted", "exe_memfd", "args_truncated"};
const Fields kNeverFalse{"mapped", "exe_deleted", "exe_memfd", "args_truncated"};
const Fields kArrays{"args", "ancestors"};
const std::map<std::string, Fields, std::less<>> kWords{
    {"direction", {"outbound", "inbound"}},
    {"family", {"ipv4", "ipv6"}},
    {"owner", {"connect", "accept", "listener", "snapshot"}},
    {"reason", {"refused", "timeout", "unreachable", "denied", "address", "aborted", "other"}},
    {"kind", {"attempt", "connect", "fail", "pending", "accept", "close", "reject", "listen", "unlisten"}},
    {"end", {"fin", "reset_local", "reset_remote", "timeout", "error"}},
    {"state",
     {"established", "syn_sent", "syn_recv", "fin_wait1", "fin_wait2", "close_wait", "last_ack", "listen",
      "closing"}},
};

class Checker {
 public:
  explicit Checker(const Scope& scope) : scope_(scope) {}

  std::string check(const std::vector<Event>& events) {
    std::int64_t last = 0;
    for (const auto& event : events) {
      event_ = &event;
      if (event.kind() == "stats") continue;
      if (event.number("seq") != last + 1) complain("seq is not " + std::to_string(last + 1));
      last = event.number("seq").value_or(last + 1);
      check_time();
      if (event.kind() != "lost" && scope_.mine(event)) check_event();
    }
    return problems_;
  }

 private:
  void complain(const std::string& what) {
    problems_ += "Against the contract: " + what + "\n  " + event_->line() + "\n";
  }

  void check_time() {
    static const std::regex kFormat(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z)");
    if (!std::regex_match(event_->text("time"), kFormat)) complain("time is not RFC 3339 with nanoseconds");
  }

  void check_event() {
    const auto rule = rules().find(event_->kind());
    if (rule == rules().end()) return complain("unknown kind of event");
    for (const auto& field : rule->second.required) {
      if (!event_->has(field) && !may_be_unknown(field)) complain(field + " is missing");
    }
    for (const auto& member : event_->json().GetObject()) {
      const std::string name = member.name.GetString();
      const bool known =
          rule->second.required.contains(name) || rule->second.optional.contains(name) ||
          (has_socket() ? kEnrichment.contains(name) && !(event_->kind() == "reject" && name == "conn")
                        : kProcess.contains(name));
      if (!known) complain(name + " does not belong to this kind");
      check_value(name, member.value);
    }
    check_conn();
  }

  // All that tells the owner, or nothing of it; netns is the socket's own.
  bool may_be_unknown(const std::string& field) const {
    static const Fields kTimes{"latency_us", "duration_us", "backlog_us"};
    static const Fields kOfOwner{"pid", "tid", "uid", "gid", "comm", "owner", "cgroup_id"};
    if (!scope_.older_sockets) return false;
    return field == "direction" || kTimes.contains(field) ||
           (kOfOwner.contains(field) && !event_->has("owner"));
  }

  bool has_socket() const { return event_->kind() != "exec" && event_->kind() != "exit"; }

  void check_value(const std::string& name, const rapidjson::Value& value) {
    if (value.IsNull() || (value.IsString() && value.GetStringLength() == 0 && name != "comm")) {
      complain(name + " is a placeholder");
    }
    if (kNumbers.contains(name) && !value.IsUint64()) complain(name + " is not a natural number");
    if (kFlags.contains(name) && !value.IsBool()) complain(name + " is not true or false");
    if (kNeverFalse.contains(name) && value.IsFalse()) complain(name + " is told only where it is true");
    if (kArrays.contains(name) && (!value.IsArray() || value.Empty()))
      complain(name + " is no array with something in it");
    // The end that was asked for may be port 0.
    const std::string free_end = event_->text("direction") == "outbound" ? "local_port" : "remote_port";
    if (name == free_end && value.IsUint() && value.GetUint() == 0) {
      complain(name + " 0 is a placeholder");
    }
    const auto words = kWords.find(name);
    if (words != kWords.end() && !words->second.contains(event_->text(name))) complain(name + " is unknown");
  }

  // attempt → [pending] → connect → close, or attempt → fail; accept and close in either order. A snapshot is
  // the beginning of what was there already.
  void check_conn() {
    static const std::regex kFormat("[0-9a-f]{16}");
    const std::string conn = event_->text("conn");
    if (conn.empty()) return;
    if (!std::regex_match(conn, kFormat)) complain("conn is not 16 hex digits");
    auto& seen = told_[conn];
    const std::string kind = event_->kind();
    if (!seen.insert(kind).second) complain(kind + " is told twice for one conn");
    if (seen.contains("fail") && (seen.contains("connect") || seen.contains("close"))) {
      complain("a failed attempt has also been established");
    }
    if (kind == "close")
      complain_if(event_->text("direction") == "inbound" && !event_->has("accepted"),
                  "accepted is missing on an inbound close");
    if (kind != "close" && kind != "accept") complain_if(seen.contains("close"), "told after the close");
    complain_if((kind == "attempt" && seen.size() > 1), "attempt is not the first of its conn");
    complain_if((kind == "snapshot" && seen.size() > 1), "snapshot is not the first of its conn");
    complain_if((kind == "pending" && seen.contains("connect")), "pending after connect");
  }

  void complain_if(bool wrong, const std::string& what) {
    if (wrong) complain(what);
  }

  const Scope& scope_;
  const Event* event_ = nullptr;
  std::map<std::string, Fields> told_;
  std::string problems_;
};

}  // namespace

std::string contract_violations(const std::vector<Event>& events, const Scope& scope) {
  return Checker(scope).check(events);
}

}  // namespace tcptrail::test
