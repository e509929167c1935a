#pragma once
// The BPF maps of a running tracer, read from outside: what it still remembers.

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "bpf/logic/memory.h"
#include "support/posix.h"

namespace tcptrail::test {

class TracerMaps {
 public:
  explicit TracerMaps(pid_t tracer);  // throws std::runtime_error if it lacks one of them

  // Of this network namespace, for the tracer follows the sockets of the whole machine.
  std::size_t sockets_of(std::uint64_t netns) const;
  std::size_t listeners_of(std::uint64_t netns) const;
  // Entries of functions whose threads have ended.
  std::size_t calls_of_the_dead() const;
  // Empty, or which of the tracer's own counters differ from what there is to count, by how much. Others'
  // sockets come and go meanwhile, so ask again.
  std::string miscounts() const;

  // What it remembers of the socket with this port of its own; nothing if it does not.
  struct Memory {
    std::optional<std::uint32_t> slot;
    tracked socket{};
  };
  std::optional<Memory> memory_of(std::uint64_t netns, std::uint16_t local_port) const;
  // As if the tracer had missed the end of that socket. False if there is another in its place.
  bool put_back(const Memory& memory) const;

 private:
  const UniqueFd& map(const std::string& name) const;
  std::map<std::string, UniqueFd> maps_;  // by the kernel's name: 15 characters
};

}  // namespace tcptrail::test
