#include "peer_facts.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

namespace tcptrail::bench {
namespace {

// "-" stands for what is not known.
std::istream& operator>>(std::istream& stream, std::optional<double>& number) {
  std::string word;
  if (stream >> word && word != "-") number = std::stod(word);
  return stream;
}

std::optional<std::uint16_t> port_in(const std::optional<double>& number) {
  return number ? std::optional(static_cast<std::uint16_t>(*number)) : std::nullopt;
}

std::string known_text(const std::string& word) { return word == "-" ? "" : word; }

// Those about this end of the connection, and not about its other end.
std::vector<Sighting> about(const KnownConnection& known, const std::vector<Sighting>& printed) {
  std::vector<Sighting> found;
  std::copy_if(printed.begin(), printed.end(), std::back_inserter(found), [&](const Sighting& one) {
    // A listener has a line of its own in some tools, with no port at the other end.
    return known.outbound ? one.remote_port == known.port
                          : one.local_port == known.port && one.remote_port != 0;
  });
  return found;
}

bool same_addresses(const KnownConnection& known, const Sighting& one) {
  return (known.local_ip.empty() || one.local_ip == known.local_ip) &&
         (!known.local_port || one.local_port == known.local_port) && one.remote_ip == known.remote_ip &&
         one.remote_port == known.remote_port;
}

bool about_as_many(double known, std::optional<double> told, double unit) {
  return told && std::abs(*told - known) < unit;
}

bool same_bytes(const KnownConnection& known, const Sighting& one) {
  return about_as_many(*known.bytes_out, one.bytes_out, one.byte_unit) &&
         about_as_many(*known.bytes_in, one.bytes_in, one.byte_unit);
}

Answer yes_or_no(bool yes) { return yes ? Answer::kYes : Answer::kNo; }

}  // namespace

std::vector<KnownConnection> read_known_connections(const std::filesystem::path& stated) {
  std::vector<KnownConnection> all;
  std::ifstream file(stated);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    KnownConnection known;
    std::string fact, direction, outcome;
    std::optional<double> local_port, remote_port;
    words >> fact >> known.port >> direction >> known.pid >> known.local_ip >> local_port >>
        known.remote_ip >> remote_port >> outcome >> known.cause >> known.bytes_out >> known.bytes_in >>
        std::ws;
    std::getline(words, known.name);
    if (fact != "fact" || known.name.empty()) continue;
    known.outbound = direction == "outbound";
    known.established = outcome == "established";
    known.local_ip = known_text(known.local_ip);
    known.local_port = port_in(local_port);
    known.remote_port = port_in(remote_port);
    all.push_back(known);
  }
  return all;
}

Answers compare(const KnownConnection& known, const std::vector<Sighting>& printed) {
  const auto lines = about(known, printed);
  const auto any = [&](auto condition) { return std::any_of(lines.begin(), lines.end(), condition); };
  const bool right_pid = any([&](const Sighting& one) { return one.pid == known.pid; });
  const bool wrong_pid = any([&](const Sighting& one) { return one.pid && one.pid != known.pid; });
  const bool established = any([](const Sighting& one) { return one.established; });
  const bool failed = any([](const Sighting& one) { return one.failed; });
  Answers answers{
      yes_or_no(!lines.empty()),
      yes_or_no(right_pid && !wrong_pid),
      yes_or_no(any([&](const Sighting& one) { return same_addresses(known, one); })),
      yes_or_no(established == known.established && failed != known.established),
      yes_or_no(any([&](const Sighting& one) { return one.cause == known.cause; })),
      Answer::kNotAsked,
      Answer::kNotAsked,
  };
  if (known.bytes_out)
    answers[5] = yes_or_no(any([&](const Sighting& one) { return same_bytes(known, one); }));
  if (known.established) answers[6] = yes_or_no(any([](const Sighting& one) { return one.ended; }));
  return answers;
}

}  // namespace tcptrail::bench
