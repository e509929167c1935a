// One of the tools at work: its process, and its output as it comes.
#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "bpf_run_time.h"
#include "peer_facts.h"
#include "peer_tools.h"
#include "process.h"

namespace tcptrail::bench {

struct PeerResult {
  std::string name = {};
  bool ours = false;
  std::string failure = {};  // why it could not be measured, or not to its end
  double first_event_seconds = 0;
  std::vector<double> bpf_ns_per_connection = {};  // of each load
  Memory memory = {};
  std::optional<std::uint64_t> reported_lost = {};
  std::int64_t missing_lines = 0;      // about the clients of all loads; negative: more than there should be
  std::vector<Sighting> printed = {};  // all of it
  std::vector<KnownConnection> known = {};
};

class Peer {
 public:
  Peer(const PeerTool& tool, const std::filesystem::path& directory);

  // Reads on. True while its first event about the port may still come.
  bool await_first_event(std::uint16_t port);
  [[nodiscard]] bool at_work() const { return result_.failure.empty(); }
  [[nodiscard]] Process& process() { return *process_; }

  // Around a load.
  void begin_load();
  void end_load(std::uint64_t connections);
  // Ends it, and gives what it did. The loads were at these ports, of so many connections each.
  PeerResult finish(const std::vector<std::uint16_t>& load_ports, std::uint64_t connections);

 private:
  void read_on();
  void fail(const std::string& what);
  [[nodiscard]] std::int64_t client_lines(std::uint16_t port) const;

  using Clock = std::chrono::steady_clock;

  const PeerTool& tool_;
  std::filesystem::path output_, errors_;
  std::ifstream file_;
  std::string unread_;
  SightingReader reader_;
  Clock::time_point started_ = Clock::now();
  bool has_seen_ = false;
  std::optional<Process> process_;
  Programs programs_;
  double run_time_before_ = 0;
  PeerResult result_;
};

}  // namespace tcptrail::bench
