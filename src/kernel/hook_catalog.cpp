#include "kernel/hook_catalog.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tcptrail::kernel {
namespace {

using model::Kind;
using model::KindSet;

constexpr std::array<std::pair<Backend, std::string_view>, 3> kBackends = {{
    {Backend::kFentry, "fentry"},
    {Backend::kKprobe, "kprobe"},
    {Backend::kTracepoint, "tracepoint"},
}};

}  // namespace

std::string_view name_of(Backend backend) {
  return std::find_if(kBackends.begin(), kBackends.end(),
                      [&](const auto& entry) { return entry.first == backend; })
      ->second;
}

std::optional<Backend> backend_named(std::string_view name) {
  for (const auto& [backend, its_name] : kBackends) {
    if (its_name == name) return backend;
  }
  return std::nullopt;
}

const std::vector<Hook>& hook_catalog() {
  static const std::vector<Hook> kCatalog = {
      {"socket state", KindSet::all(), true, {{Backend::kTracepoint, {"state_tracepoint"}, {Need::kBtf}}}},
      {"socket destroyed",
       KindSet::all(),
       true,
       {{Backend::kTracepoint, {"destroy_tracepoint"}, {Need::kBtf}}}},
      {"connect returned",
       {Kind::kFail},
       true,
       {{Backend::kTracepoint, {"connect_exit_tracepoint"}, {Need::kBtf, Need::kTracefs}}}},
      {"accept returned",
       {Kind::kAccept, Kind::kClose},
       false,
       {{Backend::kTracepoint,
         {"accept_exit_tracepoint", "accept4_exit_tracepoint"},
         {Need::kBtf, Need::kTracefs}}}},
      {"segment retransmitted",
       {Kind::kPending},
       true,
       {{Backend::kTracepoint, {"retransmit_tracepoint"}, {Need::kBtf}}}},
      {"reset sent", {Kind::kReject}, false, {{Backend::kTracepoint, {"reset_tracepoint"}, {Need::kBtf}}}},
  };
  return kCatalog;
}

}  // namespace tcptrail::kernel
