#include "enrich/enricher.h"

#include <type_traits>
#include <variant>

#include "enrich/community_id.h"

namespace tcptrail::enrich {

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
      if constexpr (std::is_same_v<What, model::Forked>) containers_.learn(what);
    }
  };
  std::visit(take, news);
}

void Enricher::complete(model::Event& event) {
  model::Connection& conn = event.conn;
  if (conn.owner) {
    const model::Owner& owner = *conn.owner;
    conn.process = processes_.find(owner.pid, owner.started, owner.execs);
    auto found = containers_.find(owner.pid, owner.started, owner.cgroup_id);
    conn.cgroup = std::move(found.cgroup);
    conn.container = std::move(found.container);
  }
  if (conn.remote_ip) conn.remote_name = names_.find(conn.netns, *conn.remote_ip, event.time);
  conn.community_id = community_id(conn);
}

}  // namespace tcptrail::enrich
