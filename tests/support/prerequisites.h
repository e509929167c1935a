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
std::string lacks_io_uring();
std::string lacks_multishot_accept();
std::string lacks_32_bit_programs();
std::string lacks_rejects();  // of the family under test

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

// What only another kernel could offer. The kernel matrix has such a kernel, so this skip fails nowhere;
// tools/count_tests knows it by these words.
#define TCPTRAIL_REQUIRE_OF_KERNEL(lacking)                 \
  do {                                                      \
    if (const std::string why = (lacking); !why.empty()) {  \
      GTEST_SKIP() << "left to the kernel matrix: " << why; \
    }                                                       \
  } while (false)
