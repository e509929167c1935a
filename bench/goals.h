// The goals that this project set itself, and whether a run reached them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "measure.h"

namespace tcptrail::bench {

enum class Verdict : std::uint8_t { kPass, kFail, kNotMeasured };

struct JudgedGoal {
  std::string text;
  std::string found;  // the figures behind the verdict
  Verdict verdict = Verdict::kNotMeasured;
};

std::vector<JudgedGoal> judge(const std::vector<Measurement>& measurements);

// PASS, FAIL or SKIP, the goal, the figures: one line without its end.
std::string describe(const JudgedGoal& goal);

}  // namespace tcptrail::bench
