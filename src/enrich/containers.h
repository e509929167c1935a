#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "enrich/cgroup_table.h"
#include "enrich/joined_cgroups.h"
#include "model/news.h"
#include "model/process.h"

namespace tcptrail::enrich {

// The cgroup and the container of a process. One thread.
class Containers {
 public:
  struct Found {
    std::shared_ptr<const std::string> cgroup;          // null: not known
    std::shared_ptr<const model::Container> container;  // null: in none, or not known
  };

  explicit Containers(CgroupTable cgroups = CgroupTable(), JoinedCgroups joined = JoinedCgroups())
      : cgroups_(std::move(cgroups)), joined_(std::move(joined)) {}

  void seed();
  void learn(const model::Forked& news) { joined_.learn(news); }
  void learn(const model::Exited& news) { joined_.learn(news); }
  void learn(const model::CgroupJoined& news) { joined_.learn(news); }
  void learn(const model::CgroupMade& news) { cgroups_.learn(news); }
  // By the id that the event carries (v2). Where that names no container, by what the process has joined
  // (v1): then the cgroup is that one. A repeated question costs no allocation.
  Found find(std::uint32_t pid, model::StartMark mark, std::uint64_t cgroup_id);

 private:
  CgroupTable cgroups_;
  JoinedCgroups joined_;
  // By path, so that each is parsed once. Emptied when there are too many.
  std::unordered_map<std::shared_ptr<const std::string>, std::shared_ptr<const model::Container>> parsed_;
};

}  // namespace tcptrail::enrich
