#include "kernel/hook_catalog.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace tcptrail::kernel {
namespace {

using model::Kind;
using model::KindSet;

constexpr std::array<std::pair<Backend, std::string_view>, 4> kBackends = {{
    {Backend::kFentry, "fentry"},
    {Backend::kKprobe, "kprobe"},
    {Backend::kTracepoint, "tracepoint"},
    {Backend::kIterator, "iterator"},
}};

constexpr KindSet kSockets = KindSet::of_sockets();
using enum Backend;
using enum Need;

// What sees an end, and the returns of calls.
std::vector<Hook> ends() {
  return {
      {"socket destroyed",
       kSockets,
       {},
       true,
       {{kTracepoint, {"destroy_tracepoint", "destroy_standby_tracepoint"}, {kBtf, kPreemptible}},
        {kTracepoint, {"destroy_tracepoint"}, {kBtf}}}},
      {"connect returned",
       {Kind::kFail},
       {},
       true,
       {{kFentry, {"connect_fexit"}, {kBtf, kTrampolines}},
        {kKprobe, {"connect_kretprobe", "thread_exit_tracepoint", "connect_kprobe"}, {kBtf, kKprobes}},
        {kTracepoint, {"connect_exit_tracepoint"}, {kBtf, kTracefs, kModern}},
        {kTracepoint,
         {"connect_leave_tracepoint", "thread_exit_tracepoint", "connect_enter_tracepoint"},
         {kBtf, kTracefs}}}},
      {"Fast Open connect returned",
       {},
       {Kind::kFail},
       false,
       {{kFentry, {"fastopen_v4_fexit", "fastopen_v6_fexit"}, {kBtf, kTrampolines}},
        {kKprobe,
         {"fastopen_v4_kretprobe", "fastopen_v6_kretprobe", "thread_exit_tracepoint", "fastopen_v4_kprobe",
          "fastopen_v6_kprobe"},
         {kBtf, kKprobes}}}},
      {"accept returned",
       {Kind::kAccept, Kind::kClose},
       {},
       false,
       {{kFentry, {"accept_fexit"}, {kBtf, kTrampolines}},
        {kKprobe, {"accept_kretprobe", "thread_exit_tracepoint", "accept_kprobe"}, {kBtf, kKprobes}},
        {kTracepoint, {"accept_exit_tracepoint", "accept4_exit_tracepoint"}, {kBtf, kTracefs}}}},
      // Probes of a function see no call that was entered before them.
      {"accept entered before tracing",
       {},
       {Kind::kAccept, Kind::kClose},
       false,
       {{kTracepoint, {"accept_exit_tracepoint", "accept4_exit_tracepoint"}, {kBtf, kTracefs}}}},
      {"segment retransmitted",
       {Kind::kPending},
       {},
       true,
       {{kTracepoint, {"retransmit_tracepoint"}, {kBtf}}}},
      {"reset sent",
       {Kind::kReject},
       {},
       false,
       {{kFentry, {"reset_v4_fentry", "reset_v6_fentry"}, {kBtf, kTrampolines}},
        {kKprobe, {"reset_v4_kprobe", "reset_v6_kprobe"}, {kBtf, kKprobes}},
        {kTracepoint, {"reset_tracepoint"}, {kBtf}},
        {kTracepoint, {"drop_tracepoint"}, {kBtf}}}},
  };
}

// Who did it, and the names of the peers.
std::vector<Hook> who_is_who() {
  return {
      {.event = "DNS answer arrived",
       .variants = {{kFentry, {"dns_queued_fentry"}, {kBtf, kTrampolines}},
                    {kKprobe, {"dns_queued_kprobe"}, {kBtf, kKprobes}},
                    {kTracepoint, {"dns_arrived_tracepoint"}, {kBtf}},
                    {kTracepoint, {"dns_consumed_tracepoint"}, {kBtf}}},
       .tells_names = true},
      {.event = "DNS answer read",
       .variants = {{kTracepoint, {"dns_read_tracepoint"}, {kBtf, kModern}},
                    {kTracepoint, {"dns_read_linear_tracepoint"}, {kBtf}}},
       .tells_names = true},
      {.event = "process exited",
       .serves = {Kind::kExit},
       .variants = {{kTracepoint, {"exited_tracepoint", "exited_standby_tracepoint"}, {kBtf, kPreemptible}},
                    {kTracepoint, {"exited_tracepoint"}, {kBtf}}},
       .identifies = true},
      {.event = "process executed",
       .serves = {Kind::kExec},
       .variants = {{kTracepoint,
                     {"executed_tracepoint", "executed_standby_tracepoint"},
                     {kBtf, kPreemptible}},
                    {kTracepoint, {"executed_tracepoint"}, {kBtf}}},
       .identifies = true},
      {.event = "process forked",
       .variants = {{kTracepoint, {"forked_tracepoint", "forked_standby_tracepoint"}, {kBtf, kPreemptible}},
                    {kTracepoint, {"forked_tracepoint"}, {kBtf}}},
       .identifies = true},
      {.event = "cgroup joined",
       .variants = {{kTracepoint, {"cgroup_joined_tracepoint"}, {kBtf}}},
       .identifies = true},
      {.event = "cgroup made",
       .variants = {{kTracepoint, {"cgroup_made_tracepoint"}, {kBtf}}},
       .identifies = true},
  };
}

// What sees a beginning, and at last what has begun already.
std::vector<Hook> beginnings() {
  return {
      {"socket state",
       kSockets,
       {},
       true,
       {{kTracepoint, {"state_first_tracepoint", "state_standby_tracepoint"}, {kBtf, kPreemptible}},
        {kTracepoint, {"state_tracepoint"}, {kBtf}}}},
      {"sockets at start", {Kind::kSnapshot}, kSockets, false, {{kIterator, {"snapshot_iterator"}, {kBtf}}}},
  };
}

}  // namespace

std::string_view name_of(Backend backend) {
  return std::find_if(kBackends.begin(), kBackends.end(),
                      [&](const auto& entry) { return entry.first == backend; })
      ->second;
}

std::optional<Backend> backend_named(std::string_view name) {
  for (const auto& [backend, its_name] : kBackends) {
    if (its_name == name && backend != Backend::kIterator) return backend;
  }
  return std::nullopt;
}

const std::vector<Hook>& hook_catalog() {
  // They are attached in this order. What sees the end of something comes before what sees its beginning, so
  // that nothing that has been seen to begin waits for an end that nobody saw: a return before its entry, and
  // all else before the changes of state. The sockets that exist already come last.
  static const std::vector<Hook> kCatalog = [] {
    std::vector<Hook> all = ends();
    for (std::vector<Hook> more : {who_is_who(), beginnings()})
      all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    return all;
  }();
  return kCatalog;
}

}  // namespace tcptrail::kernel
