#pragma once

#include <string>

namespace tcptrail::test {

// Fails, with a diff, unless tests/golden/NAME has exactly this text. With TCPTRAIL_UPDATE_GOLDEN=1 in the
// environment it writes the file instead, and fails if that changed it: look at the change, and run again.
void expect_golden(const std::string& name, const std::string& text);

}  // namespace tcptrail::test
