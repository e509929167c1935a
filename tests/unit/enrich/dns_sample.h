#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tcptrail::test {

struct DnsSample {
  std::string question = "www.example.org";
  int type = 1;        // of the question: A
  int flags = 0x8180;  // an answer without an error
  int questions = 1;
  // Each as in a zone file: "www.example.org. 300 IN A 192.0.2.1".
  std::vector<std::string> answers = {};
};

// The message on the wire.
std::vector<std::uint8_t> dns_message(const DnsSample& sample);

}  // namespace tcptrail::test
