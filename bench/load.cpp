// bench_load: the load generator, a program of its own so that its CPU time and pid are its own.
#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "loopback.h"

namespace {

using namespace tcptrail::bench;

constexpr const char* kHelp =
    "Make TCP connections over loopback, to load a TCP tracer.\n"
    "One process connects, one accepts; each connection carries 64 bytes each way. Both live in a network\n"
    "namespace of their own that holds only the loopback device, so no other host can be reached. Needs "
    "root.\n"
    "Prints one line: connections=N seconds=S cpu_us=C connect_p50_us=A connect_p99_us=B";

int run(int argc, char** argv) {
  LoadPlan plan{.connections = 10'000, .port = 29'999};
  unsigned limit_seconds = 60;
  CLI::App app(kHelp, "bench_load");
  app.add_option("--connections", plan.connections, "how many")
      ->check(CLI::Range(1, 2'000'000))
      ->capture_default_str();
  app.add_option("--rate", plan.rate, "connections per second; 0: full load of two cores")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  app.add_option("--port", plan.port, "of the server; marks the load's lines in a trace")
      ->check(CLI::Range(1024, 32'767))
      ->capture_default_str();
  app.add_option("--seconds", limit_seconds, "give up after this long (ends by SIGALRM)")
      ->check(CLI::Range(1, 600))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  ::alarm(limit_seconds);
  enter_private_network();
  const LoadServer server(plan.port);
  const LoadResult result = connect_all(plan, server);
  fmt::print("connections={} seconds={:.6f} cpu_us={:.3f} connect_p50_us={:.2f} connect_p99_us={:.2f}\n",
             result.connections, result.seconds, result.cpu_us, result.connect_p50_us, result.connect_p99_us);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_load: %s\n", error.what());
    return 1;
  }
}
