#include "happening.h"

#include <tuple>

namespace tcptrail::test::soak {

bool operator<(const Happening& left, const Happening& right) {
  const auto key = [](const Happening& one) {
    return std::tie(one.kind, one.how, one.direction, one.address, one.port, one.owner.pid, one.owner.uid,
                    one.netns);
  };
  return key(left) < key(right);
}

Happening happening_of(const Event& event) {
  const auto number = [&](std::string_view field) { return event.number(field).value_or(0); };
  const std::string kind = event.kind() == "flood" ? event.text("kind") : event.kind();
  const std::string direction = event.text("direction");
  Happening happening;
  happening.kind = kind;
  happening.how = event.text(kind == "fail" ? "reason" : "end");
  happening.direction = direction;
  happening.address = event.text(direction.empty() ? "local_ip" : "remote_ip");
  happening.port = static_cast<std::uint16_t>(number(direction == "outbound" ? "remote_port" : "local_port"));
  happening.owner = {static_cast<pid_t>(number("pid")), static_cast<uid_t>(number("uid"))};
  happening.netns = static_cast<std::uint64_t>(number("netns"));
  return happening;
}

std::string describe(const Happening& happening) {
  std::string text;
  for (const Word& word : {happening.direction, happening.kind, happening.how}) {
    if (!word.text().empty()) text += std::string(word.text()) + " ";
  }
  text += "(" + std::string(happening.address.text()) + ", server's port " + std::to_string(happening.port);
  if (happening.owner.pid != 0)
    text += ", pid " + std::to_string(happening.owner.pid) + " uid " + std::to_string(happening.owner.uid);
  return text + ", netns " + std::to_string(happening.netns) + ")";
}

}  // namespace tcptrail::test::soak
