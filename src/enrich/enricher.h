#pragma once

#include <cstdint>
#include <utility>

#include "enrich/containers.h"
#include "enrich/name_table.h"
#include "enrich/process_table.h"
#include "model/event.h"
#include "model/news.h"

// What is known of who did it, added to events as they pass. One thread.
namespace tcptrail::enrich {

class Enricher {
 public:
  // Without identity only what the connection itself says is added: names and Community ID. To be set where
  // the source does not tell of processes.
  void without_identity() { identifies_ = false; }

  explicit Enricher(ProcessTable processes = ProcessTable(), Containers containers = Containers())
      : processes_(std::move(processes)), containers_(std::move(containers)) {}

  // Reads what is there already: every process and cgroup. To be called when the source has begun to tell, so
  // that nothing falls between.
  void seed();
  // What the source tells besides events, in one order with them.
  void learn(const model::News& news);
  // Fills in what src/enrich/ adds to a connection (model/event.h).
  void complete(model::Event& event);
  const ProcessTable& processes() const { return processes_; }
  // What could not be kept or was not told, so that some events lack who did it; 0 of each as a rule.
  struct Shortfall {
    std::uint64_t forgotten_processes = 0, forgotten_names = 0, lost_news = 0;
  };
  Shortfall shortfall() const { return {processes_.counts().evicted, names_.evicted(), lost_news_}; }

 private:
  ProcessTable processes_;
  Containers containers_;
  NameTable names_;
  std::uint64_t lost_news_ = 0;
  bool identifies_ = true;
};

}  // namespace tcptrail::enrich
