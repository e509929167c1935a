// What a line of a tracer's output says about a TCP connection, whichever tracer it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tcptrail::bench {

// What is not told stays empty.
struct Sighting {
  std::optional<int> pid;
  std::string local_ip, remote_ip;
  std::optional<std::uint16_t> local_port, remote_port;
  bool established = false, failed = false, ended = false;
  std::string cause;  // an errno or how the connection ended, in tcptrail's words
  std::optional<double> bytes_out, bytes_in;
  double byte_unit = 1;  // how exactly they are told
};

// Reads the lines of `tcptrail -o json`, and of any tool that prints a table under a header with the column
// names that are usual among BCC's tools.
class SightingReader {
 public:
  // Nothing if the line is about no connection.
  std::optional<Sighting> read(std::string_view line);

 private:
  std::vector<std::string> columns_;  // as the header names them
};

}  // namespace tcptrail::bench
