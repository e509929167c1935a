#pragma once
// What a test needs of the machine. Each question answers with what is lacking, or with nothing.

#include <gtest/gtest.h>

#include <string>

namespace tcptrail::test {

std::string lacks_tracing();  // root, BTF, network namespaces, the program itself
std::string lacks_cgroup();
std::string lacks_cgroup_programs();
std::string lacks_mptcp();
std::string lacks_mount_namespace();
std::string lacks_ipv6();

// CI=true: a machine that cannot run the test is a failure there, not a silence.
bool skips_are_failures();

}  // namespace tcptrail::test

#define TCPTRAIL_REQUIRE(lacking)                                   \
  do {                                                              \
    if (const std::string why = (lacking); !why.empty()) {          \
      if (::tcptrail::test::skips_are_failures()) {                 \
        FAIL() << "CI must be able to run this test, but: " << why; \
      } else {                                                      \
        GTEST_SKIP() << why;                                        \
      }                                                             \
    }                                                               \
  } while (false)
