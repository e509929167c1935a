#pragma once

#include <string>

namespace tcptrail::test {

// Fails, with a diff, unless tests/golden/NAME has exactly this text. With TCPTRAIL_UPDATE_GOLDEN=1 in the
// environment it writes the file instead, and fails if that changed it: look at the change, and run again.
void expect_golden(const std::string& name, const std::string& text);

// The same for a part of a file of the project, from the line of `begin` to that of `end`, which stay.
void expect_golden_part(const std::string& path, const std::string& begin, const std::string& end,
                        const std::string& text);

}  // namespace tcptrail::test
