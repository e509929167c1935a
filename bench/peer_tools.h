// The tools that trace TCP connections by BPF, as data: a new one is a row in peer_tools.cpp.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tracers.h"

namespace tcptrail::bench {

struct PeerTool {
  std::string name;
  std::vector<std::string> command;  // [0] is what must be there
  std::vector<std::string> environment = {};
  LossReport loss_report = LossReport::kStandardError;
  std::chrono::seconds start_limit{60};
  unsigned client_lines = 1;  // about the client's end of a connection of the load
  bool ours = false;
};

struct PeerPlaces {
  std::string tcptrail;
  std::string line_buffering;  // coreutils' libstdbuf.so: else lines wait in stdio's buffer
  std::string bcc_root;        // a root folder with BCC's tools, Python and the kernel's headers
};

// Those of a group are at work together: BCC's tools, which take minutes to compile, start side by side.
std::vector<std::vector<PeerTool>> peer_tools(const PeerPlaces& places);

}  // namespace tcptrail::bench
