#pragma once
// Network namespaces of the test's own: all traffic of the tests stays in them.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "support/posix.h"
#include "support/process.h"

namespace tcptrail::test {

class TestNamespace {
 public:
  TestNamespace();  // lo is up; throws std::system_error without the privilege

  std::uint64_t inode() const { return inode_; }
  std::string inode_text() const { return std::to_string(inode_); }
  int descriptor() const { return fd_.get(); }

  void enter() const;  // moves the calling thread for good: only for processes of the scenario
  void run(const std::function<void()>& body) const;  // in a thread inside; rethrows
  Child spawn(const std::function<void()>& body) const;

  void set_sysctl(std::string_view name, std::string_view value) const;  // "ipv4/tcp_syn_retries"
  bool has_sysctl(std::string_view name) const;
  void add_address(std::string_view interface, std::string_view ip, int prefix) const;
  void bring_up(std::string_view interface) const;
  // Until packets go through it: the kernel follows a cable that was plugged in only up to a second later.
  void wait_until_running(std::string_view interface) const;

  // Until no socket is on its way from established to closed; gives up in silence after 3 s, so that the test
  // speaks about the events and not about this.
  void wait_until_quiet() const;

 private:
  UniqueFd fd_;
  std::uint64_t inode_ = 0;
};

// `near_name` in `near` and `far_name` in `far` are the two ends of one cable, both up.
void connect_with_veth(const TestNamespace& near, const TestNamespace& far, const std::string& near_name,
                       const std::string& far_name);

// A permanent neighbour entry in `near`: packets to `ip` go to the interface `far_name` of `far`.
void pin_neighbour(const TestNamespace& near, const std::string& near_name, const std::string& ip,
                   const TestNamespace& far, const std::string& far_name);

std::uint64_t current_netns();  // inode, of the calling thread

}  // namespace tcptrail::test
