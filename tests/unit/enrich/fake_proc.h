#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tcptrail::test {

// A folder like /proc with invented processes. It goes with the test.
class FakeProc {
 public:
  struct Process {
    std::uint32_t pid = 0;
    std::uint64_t start_ticks = 100;  // of 10 ms
    std::uint32_t parent = 1;
    std::uint32_t session = 0;
    std::string comm = "sh";
    std::string exe = "/bin/sh";  // as the link has it; empty: a thread of the kernel
    std::vector<std::string> args = {"sh"};
    std::string cwd = "/";
    std::string loginuid = "4294967295";
    std::string ns_pids = {};  // "12\t3"; empty: its pid
    std::string cgroup = "0::/\n";
  };

  FakeProc();
  ~FakeProc();
  FakeProc(const FakeProc&) = delete;
  FakeProc& operator=(const FakeProc&) = delete;

  std::string root() const { return root_.string(); }
  void put(const Process& process) const;  // anew, if it is there
  void remove(std::uint32_t pid) const;
  void write(std::uint32_t pid, const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path root_;
};

}  // namespace tcptrail::test
