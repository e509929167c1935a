#include "filter_set.h"

#include <algorithm>
#include <initializer_list>

namespace tcptrail::test::soak {
namespace {

constexpr uid_t kNobody = 65534;

bool is_one_of(const Happening& happening, std::initializer_list<std::string_view> kinds) {
  return std::find(kinds.begin(), kinds.end(), happening.kind.text()) != kinds.end();
}

bool shown_by_default(const Happening& happening) {
  return !is_one_of(happening, {"attempt", "listen", "unlisten"});
}

bool is_owned_by(const Happening& happening, uid_t uid) {
  return happening.owner.pid != 0 && happening.owner.uid == uid;
}

bool is_in_ipv4_loopback(const Happening& happening) {
  return !happening.direction.text().empty() && happening.address.text().substr(0, 4) == "127.";
}

bool is_ipv6(const Happening& happening) {
  return happening.address.text().find(':') != std::string_view::npos;
}

}  // namespace

std::string FilterSet::text() const {
  std::string text;
  for (const std::string& argument : arguments) text += (text.empty() ? "" : " ") + argument;
  return text.empty() ? "no filter" : text;
}

std::vector<FilterSet> filter_sets(Ports ports) {
  const Ports all = ports;
  const auto last = static_cast<std::uint16_t>(ports.first + Ports::kCount / 2 - 1);
  const std::string range = std::to_string(ports.first) + "-" + std::to_string(last);
  const auto in_range = [=](const Happening& one) { return all.first <= one.port && one.port <= last; };
  const auto by_default = shown_by_default;
  return {
      {{}, by_default},
      {{"--port", range}, [=](const Happening& one) { return by_default(one) && in_range(one); }},
      {{"--uid", std::to_string(kNobody)},
       [=](const Happening& one) { return by_default(one) && is_owned_by(one, kNobody); }},
      {{"--net", "127.0.0.0/8", "--buffer", "1"},
       [=](const Happening& one) { return by_default(one) && is_in_ipv4_loopback(one); }},
      {{"-e", "attempt,connect,fail,pending,accept,close,reject,listen,unlisten"},
       [](const Happening&) { return true; }},
      {{"-e", "close,listen,unlisten,reject", "--buffer", "64"},
       [](const Happening& one) {
         return is_one_of(one, {"close", "listen", "unlisten", "reject"});
       }},
      {{"-6", "--uid", "0"},
       [=](const Happening& one) { return by_default(one) && is_ipv6(one) && is_owned_by(one, 0); }},
      {{"-x", "--rport", range},
       [=](const Happening& one) { return is_one_of(one, {"fail"}) && in_range(one); }},
  };
}

}  // namespace tcptrail::test::soak
