// What a tracer printed, and what it says it could not print.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "tracers.h"

namespace tcptrail::bench {

bool is_about_load(std::string_view line, const Tracer& tracer);

struct Printed {
  std::uint64_t load_lines = 0;
  // Events lost by the tracer's own account; nothing if it gave none where it should.
  std::optional<std::uint64_t> reported_lost;
};

// What it admits to have lost, by its last line or its messages.
std::optional<std::uint64_t> reported_lost(LossReport report, const std::string& last_line,
                                           const std::filesystem::path& standard_error);

// Reads the files of a tracer that has ended.
Printed read_output(const Tracer& tracer, const std::filesystem::path& standard_output,
                    const std::filesystem::path& standard_error);

}  // namespace tcptrail::bench
