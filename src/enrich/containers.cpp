#include "enrich/containers.h"

#include "enrich/container.h"

namespace tcptrail::enrich {

void Containers::seed() {
  cgroups_.seed();
  joined_.seed();
}

Containers::Found Containers::find(std::uint32_t pid, model::StartMark mark, std::uint64_t cgroup_id) {
  Found found{cgroups_.find(cgroup_id), nullptr};
  if (found.cgroup) {
    const auto known = parsed_.find(found.cgroup);
    if (known != parsed_.end()) {
      found.container = known->second;
    } else {
      if (auto container = container_of(*found.cgroup))
        found.container = std::make_shared<const model::Container>(*std::move(container));
      if (parsed_.size() >= CgroupTable::kMost) parsed_.clear();
      parsed_.emplace(found.cgroup, found.container);
    }
  }
  if (found.container) return found;
  if (const auto* const joined = joined_.find(pid, mark)) return {joined->path, joined->container};
  return found;
}

}  // namespace tcptrail::enrich
