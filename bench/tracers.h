// The contenders, as data: a new one is a row in tracers.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tcptrail::bench {

enum class Kind : std::uint8_t { kUntraced, kEmptyProgram, kProcess };

// How a tracer tells that it is attached: a READY=1 to NOTIFY_SOCKET, or by nothing, so that its programs
// must exist, run, and its process be idle.
enum class Readiness : std::uint8_t { kNotify, kProgramsRun };

// Where it admits losses: the json object of --stats at its end, or "lost N events" on stderr.
enum class LossReport : std::uint8_t { kStatsObject, kStandardError };

struct Tracer {
  std::string name = {};
  Kind kind = Kind::kProcess;
  std::vector<std::string> command = {};
  std::string origin = {};  // whom to ask if the program is not there
  Readiness readiness = Readiness::kProgramsRun;
  LossReport loss_report = LossReport::kStandardError;
  // A line about a load has one of these texts in it. There are so many for each of its connections, and for
  // its listener.
  std::vector<std::string> line_marks = {};
  unsigned lines_per_connection = 0;
  unsigned lines_per_listener = 0;
};

inline constexpr std::string_view kUntraced = "untraced";
inline constexpr std::string_view kEmpty = "empty";
inline constexpr std::string_view kTcptrail = "tcptrail";
inline constexpr std::string_view kTcplife = "tcplife";

std::vector<Tracer> known_tracers(const std::string& tcptrail_path, std::uint16_t load_port);

// Why it cannot run here, or empty.
std::string unavailable_reason(const Tracer& tracer);

}  // namespace tcptrail::bench
