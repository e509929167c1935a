#pragma once
// A small program of the test's own, to be executed: it connects to a port on loopback, and ends.

#include <cstdint>
#include <string>
#include <vector>

#include "support/posix.h"

namespace tcptrail::test {

// Beside the test program, wherever both were copied to; without links.
std::string knock_path();

// knock PORT MORE…, as it is called.
std::vector<std::string> knock_arguments(std::uint16_t port, const std::vector<std::string>& more = {});

// Turns the calling process into the program at `path` with these arguments. Throws where it cannot.
[[noreturn]] void become(const std::string& path, const std::vector<std::string>& arguments);
[[noreturn]] void become(int program, const std::vector<std::string>& arguments);  // by its open file

// Starts it as a child of the caller, the cheapest way there is; returns its pid, to be waited for.
pid_t start_program(const std::string& path, const std::vector<std::string>& arguments);

}  // namespace tcptrail::test
