// The load: TCP connections between two processes over 127.0.0.0/8, in a network namespace of their own.
// There is no way to name another target: the namespace holds nothing but its loopback device.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "base/unique_fd.h"

namespace tcptrail::bench {

struct LoadPlan {
  std::uint64_t connections = 0;
  std::uint64_t rate = 0;  // connections per second that are offered; 0: as many as are possible
  std::uint16_t port = 0;  // where the server listens
};

struct LoadResult {
  std::uint64_t connections = 0;
  double seconds = 0;
  double cpu_us = 0;  // of both processes, for one connection, with what tracers do in their context
  double connect_p50_us = 0;
  double connect_p99_us = 0;
  [[nodiscard]] double connections_per_second() const {
    return seconds > 0 ? static_cast<double>(connections) / seconds : 0;
  }
};

// Moves this process to a fresh network namespace and brings its loopback device up.
void enter_private_network();

// The accepting process: answers each connection's request, closes first, and dies with its parent.
class LoadServer {
 public:
  explicit LoadServer(std::uint16_t port);
  ~LoadServer();
  [[nodiscard]] double cpu_seconds() const;

  LoadServer(LoadServer&&) = delete;
  LoadServer& operator=(LoadServer&&) = delete;
  LoadServer(const LoadServer&) = delete;
  LoadServer& operator=(const LoadServer&) = delete;

 private:
  pid_t pid_ = -1;
};

// The connecting process: runs the plan against the server, in the same namespace.
LoadResult connect_all(const LoadPlan& plan, const LoadServer& server);

}  // namespace tcptrail::bench
