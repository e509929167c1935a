#include "enrich/enricher.h"

#include <optional>
#include <type_traits>
#include <variant>

#include "enrich/community_id.h"

namespace tcptrail::enrich {
namespace {

// How old the connection, or the attempt, was when the event came, as far as the event tells: who made it had
// the name then.
model::Microseconds age_of(const model::Event& event) {
  const auto age = [](const auto& body) -> std::optional<model::Microseconds> {
    using Body = std::decay_t<decltype(body)>;
    if constexpr (std::is_same_v<Body, model::Connect> || std::is_same_v<Body, model::Fail> ||
                  std::is_same_v<Body, model::Pending>)
      return body.latency;
    else if constexpr (std::is_same_v<Body, model::Close>)
      return body.duration;
    else
      return std::nullopt;
  };
  return std::visit(age, event.body).value_or(0);
}

}  // namespace

void Enricher::seed() {
  processes_.seed();
  containers_.seed();
}

void Enricher::learn(const model::News& news) {
  const auto take = [this](const auto& what) {
    using What = std::decay_t<decltype(what)>;
    if constexpr (std::is_same_v<What, model::DnsAnswer>) {
      names_.learn(what);
    } else if constexpr (std::is_same_v<What, model::NewsLost>) {
      lost_news_ += what.count;
      processes_.news_lost();
    } else if constexpr (std::is_same_v<What, model::CgroupMade> ||
                         std::is_same_v<What, model::CgroupJoined>) {
      containers_.learn(what);
    } else {
      processes_.learn(what);
      if constexpr (!std::is_same_v<What, model::Execed>) containers_.learn(what);
    }
  };
  std::visit(take, news);
}

void Enricher::complete(model::Event& event) {
  model::Connection& conn = event.conn;
  if (identifies_ && conn.owner) {
    const model::Owner& owner = *conn.owner;
    conn.process = processes_.find(owner.pid, owner.started, owner.execs);
    auto found = containers_.find(owner.pid, owner.started, owner.cgroup_id);
    conn.cgroup = std::move(found.cgroup);
    conn.container = std::move(found.container);
  }
  if (conn.remote_ip)
    conn.remote_name = names_.find(conn.netns, *conn.remote_ip, event.time - age_of(event) * 1000);
  conn.community_id = community_id(conn);
}

}  // namespace tcptrail::enrich
