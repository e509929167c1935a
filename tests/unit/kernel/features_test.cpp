#include "kernel/features.h"

#include <gtest/gtest.h>

#include "unit/support/result.h"

namespace tcptrail::kernel {
namespace {

using test::refused;
using test::succeeded;

TEST(CheckFeatures, AcceptsWhatHasBtfAndThePrivileges) {
  EXPECT_TRUE(succeeded(check_features({.btf = true, .tracefs = true, .missing_capabilities = {}})));
}

TEST(CheckFeatures, LeavesTracefsToThePlan) {
  EXPECT_TRUE(succeeded(check_features({.btf = true, .tracefs = false, .missing_capabilities = {}})));
}

TEST(CheckFeatures, NamesTheMissingCapabilitiesAndWhatToDo) {
  EXPECT_TRUE(refused(
      check_features({.btf = true, .tracefs = true, .missing_capabilities = {"CAP_BPF", "CAP_PERFMON"}}),
      ErrorCode::kDenied, {"lacks CAP_BPF and CAP_PERFMON", "sudo"}));
}

TEST(CheckFeatures, NamesTheOneMissingCapability) {
  EXPECT_TRUE(refused(check_features({.btf = true, .tracefs = true, .missing_capabilities = {"CAP_PERFMON"}}),
                      ErrorCode::kDenied, {"lacks CAP_PERFMON."}));
}

TEST(CheckFeatures, SaysWhereBtfShouldBeAndHowToGetIt) {
  EXPECT_TRUE(refused(check_features({.btf = false, .tracefs = true, .missing_capabilities = {}}),
                      ErrorCode::kDenied, {"/sys/kernel/btf/vmlinux", "CONFIG_DEBUG_INFO_BTF=y"}));
}

TEST(CheckFeatures, NamesPrivilegesBeforeBtf) {
  EXPECT_TRUE(refused(check_features({.btf = false, .tracefs = false, .missing_capabilities = {"CAP_BPF"}}),
                      ErrorCode::kDenied, {"lacks CAP_BPF."}));
}

}  // namespace
}  // namespace tcptrail::kernel
