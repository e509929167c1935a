// What the benches' programs have in common.
#pragma once

#include <filesystem>
#include <functional>

namespace CLI {
class App;
}

namespace tcptrail::bench {

constexpr int kExitFailed = 1, kExitUsage = 2;

// Where this program lies, and those that are built with it.
std::filesystem::path own_directory();

// Throws where this is not root.
void require_root();

// Declares the options, reads the command line, and runs. Returns what `run` does, or the exit code for a
// wrong command line or an exception, which is told.
int run_program(const char* name, const char* help, int argc, char** argv,
                const std::function<void(CLI::App& app)>& declare, const std::function<int()>& run);

}  // namespace tcptrail::bench
