// What the known connections of tests/vm/peers_traffic were, and which of it a tracer told.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sighting.h"

namespace tcptrail::bench {

// One end of a connection, known by the port that is its alone.
struct KnownConnection {
  std::string name;
  std::uint16_t port = 0;  // the remote one if outbound, the local one if inbound
  bool outbound = true;
  bool established = true;
  int pid = 0;
  std::string local_ip, remote_ip;  // empty: not known
  std::optional<std::uint16_t> local_port, remote_port;
  std::string cause;
  std::optional<double> bytes_out, bytes_in;
};

// The lines that the traffic stated.
std::vector<KnownConnection> read_known_connections(const std::filesystem::path& stated);

enum class Answer : std::uint8_t { kNotAsked, kNo, kYes };

struct FactColumn {
  char letter;
  const char* title;
  const char* meaning;
};
inline constexpr std::array kFacts{
    FactColumn{'s', "seen", "there is a line about it"},
    FactColumn{'p', "process", "every line names the process that connected, accepted or listened"},
    FactColumn{'a', "addresses", "both addresses and both ports, as far as there were any"},
    FactColumn{'o', "outcome", "established or failed"},
    FactColumn{'c', "cause", "why it failed, or whether it was closed in order or reset, and by whom"},
    FactColumn{'b', "bytes", "what was sent and received"},
    FactColumn{'e', "end", "that an established connection is over"},
};
using Answers = std::array<Answer, kFacts.size()>;  // in that order

// By all that the tracer printed.
Answers compare(const KnownConnection& known, const std::vector<Sighting>& printed);

}  // namespace tcptrail::bench
