#include "program.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <stdexcept>

#include "process.h"

namespace tcptrail::bench {

std::filesystem::path own_directory() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

void require_root() {
  if (::geteuid() != 0) throw std::runtime_error("needs root, to load BPF programs and to make namespaces");
}

int run_program(const char* name, const char* help, int argc, char** argv,
                const std::function<void(CLI::App& app)>& declare, const std::function<int()>& run) {
  try {
    CLI::App app(help, name);
    declare(app);
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? 0 : kExitUsage;
    }
    return run();
  } catch (const Interrupted&) {
    std::fprintf(stderr, "%s: interrupted\n", name);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", name, error.what());
  }
  return kExitFailed;
}

}  // namespace tcptrail::bench
