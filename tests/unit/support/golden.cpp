#include "unit/support/golden.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace tcptrail::test {
namespace {

constexpr std::size_t kMostShown = 10;

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The lines of both that differ, each pair under its number. What GoogleTest has to say of two long texts
// nobody reads.
std::string difference(const std::string& golden, const std::string& text) {
  const auto old_lines = split(golden, '\n');
  const auto new_lines = split(text, '\n');
  std::string shown;
  std::size_t differing = 0;
  for (std::size_t i = 0; i < std::max(old_lines.size(), new_lines.size()); ++i) {
    const bool in_old = i < old_lines.size();
    const bool in_new = i < new_lines.size();
    if ((in_old && in_new && old_lines[i] == new_lines[i]) || ++differing > kMostShown) continue;
    shown += "@@ line " + std::to_string(i + 1) + " @@\n";
    if (in_old) shown.append("-").append(old_lines[i]).append("\n");
    if (in_new) shown.append("+").append(new_lines[i]).append("\n");
  }
  if (differing > kMostShown) shown += "and " + std::to_string(differing - kMostShown) + " lines more\n";
  return shown;
}

// `wanted` is what the whole file at `path` must be.
void expect_content(const std::string& path, const std::string& found, const std::string& wanted) {
  if (found == wanted) return;
  if (std::getenv("TCPTRAIL_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << wanted;
    ADD_FAILURE() << "wrote " << path << ": look at what changed\n" << difference(found, wanted);
  } else {
    ADD_FAILURE() << "--- " << path
                  << "\n+++ what came; if it is right, write it with TCPTRAIL_UPDATE_GOLDEN=1\n"
                  << difference(found, wanted);
  }
}

}  // namespace

void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(TCPTRAIL_GOLDEN) + "/" + name;
  expect_content(path, read(path), text);
}

void expect_golden_part(const std::string& path, const std::string& begin, const std::string& end,
                        const std::string& text) {
  const std::string content = read(path);
  const auto first = content.find(begin + "\n");
  const auto last = content.find(end + "\n");
  if (first == std::string::npos || last == std::string::npos || last < first) {
    ADD_FAILURE() << path << " must have a line \"" << begin << "\" and after it one \"" << end << "\"";
    return;
  }
  const auto start = first + begin.size() + 1;
  expect_content(path, content, content.substr(0, start) + text + content.substr(last));
}

}  // namespace tcptrail::test
