#include "peer_tools.h"

namespace tcptrail::bench {
namespace {

using namespace std::chrono_literals;

PeerTool tcptrail(const std::string& family, const PeerPlaces& places) {
  return {.name = "tcptrail, " + family,
          .command = {places.tcptrail, "-o", "json", "--stats", "--hooks", family},
          .loss_report = LossReport::kStatsObject,
          .client_lines = 2,
          .ours = true};
}

// From Debian's libbpf-tools. With the options that make it tell most.
PeerTool libbpf_tool(const std::string& name, const std::vector<std::string>& options, unsigned client_lines,
                     const PeerPlaces& places) {
  std::vector<std::string> command{"/usr/sbin/" + name};
  command.insert(command.end(), options.begin(), options.end());
  return {.name = name,
          .command = std::move(command),
          .environment = {"LD_PRELOAD=" + places.line_buffering, "_STDBUF_O=L"},
          .client_lines = client_lines};
}

// From Debian's bpfcc-tools, in its own root with its own libraries.
PeerTool bcc_tool(const std::string& name, const std::vector<std::string>& options, unsigned client_lines,
                  const PeerPlaces& places) {
  std::vector<std::string> command{"/bin/env",
                                   "-u",
                                   "LD_LIBRARY_PATH",
                                   "chroot",
                                   places.bcc_root,
                                   "/usr/bin/python3.11",
                                   "-u",
                                   "/usr/sbin/" + name + "-bpfcc"};
  command.insert(command.end(), options.begin(), options.end());
  return {.name = "BCC " + name,
          .command = std::move(command),
          .start_limit = 420s,
          .client_lines = client_lines};
}

}  // namespace

std::vector<std::vector<PeerTool>> peer_tools(const PeerPlaces& places) {
  std::vector<std::vector<PeerTool>> groups{
      {tcptrail("fentry", places)},
      {tcptrail("kprobe", places)},
      {libbpf_tool("tcpconnect", {"-s"}, 1, places)},
      {libbpf_tool("tcpconnlat", {"-L"}, 1, places)},
      {libbpf_tool("tcplife", {"-w"}, 1, places)},
      {libbpf_tool("tcpstates", {"-w"}, 5, places)},
      {libbpf_tool("tcptracer", {}, 2, places)},
  };
  if (!places.bcc_root.empty())
    groups.push_back({bcc_tool("tcpconnect", {"-L"}, 1, places), bcc_tool("tcptracer", {}, 2, places)});
  return groups;
}

}  // namespace tcptrail::bench
