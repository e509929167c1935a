#include "tracers.h"

#include <fmt/core.h>
#include <unistd.h>

namespace tcptrail::bench {

std::vector<Tracer> known_tracers(const std::string& tcptrail_path, std::uint16_t load_port) {
  const auto column = fmt::format(" {} ", load_port);
  return {
      {.name = std::string(kUntraced), .kind = Kind::kUntraced},
      {.name = std::string(kEmpty), .kind = Kind::kEmptyProgram},
      {.name = std::string(kTcptrail),
       .command = {tcptrail_path, "-o", "json", "--stats"},
       .origin = "build it: ./dev build",
       .readiness = Readiness::kNotify,
       .loss_report = LossReport::kStatsObject,
       .line_marks = {fmt::format("_port\":{},", load_port), fmt::format("_port\":{}}}", load_port)},
       .lines_per_connection = 4},  // connect, accept, and a close at either end
      {.name = std::string(kTcplife),
       .command = {"/usr/sbin/tcplife"},
       .origin = "Debian package libbpf-tools",
       .line_marks = {column},
       .lines_per_connection = 2},  // one at either end
      {.name = "tcpstates",
       .command = {"/usr/sbin/tcpstates"},
       .origin = "Debian package libbpf-tools",
       .line_marks = {column},
       .lines_per_connection = 10,  // the load always ends in the same order: five changes at either end
       .lines_per_listener = 2},
  };
}

std::string unavailable_reason(const Tracer& tracer) {
  if (tracer.kind != Kind::kProcess || ::access(tracer.command[0].c_str(), X_OK) == 0) return {};
  return fmt::format("{} is not there ({})", tracer.command[0], tracer.origin);
}

}  // namespace tcptrail::bench
