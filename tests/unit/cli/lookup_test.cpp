// Names that the running system knows by number.

#include "cli/lookup.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "unit/support/result.h"

namespace tcptrail::cli {
namespace {

using test::refused;

std::uint32_t own_netns() {
  struct stat status {};
  EXPECT_EQ(::stat("/proc/self/ns/net", &status), 0);
  return static_cast<std::uint32_t>(status.st_ino);
}

TEST(LookupUid, TakesNamesAndNumbers) {
  EXPECT_EQ(lookup_uid("root").value(), 0U);
  EXPECT_EQ(lookup_uid("0").value(), 0U);
  EXPECT_EQ(lookup_uid("12345678").value(), 12345678U) << "which no user need have";
}

TEST(LookupUid, NamesTheUserThatIsNone) {
  EXPECT_TRUE(
      refused(lookup_uid("no such user"), ErrorCode::kUsage, {"--uid 'no such user'", "no such user"}));
  EXPECT_TRUE(refused(lookup_uid("-1"), ErrorCode::kUsage, {"'-1'"}));
}

TEST(LookupNetns, KnowsOurOwnInThreeWays) {
  EXPECT_EQ(lookup_netns("self").value(), own_netns());
  EXPECT_EQ(lookup_netns("/proc/self/ns/net").value(), own_netns());
  EXPECT_EQ(lookup_netns(std::to_string(own_netns())).value(), own_netns());
}

TEST(LookupNetns, TakesAnInodeNumberAsItIs) { EXPECT_EQ(lookup_netns("4026531999").value(), 4026531999U); }

TEST(LookupNetns, RefusesWhatIsNone) {
  EXPECT_TRUE(refused(lookup_netns("/no/such/file"), ErrorCode::kUsage, {"'/no/such/file'", "No such file"}));
  EXPECT_TRUE(
      refused(lookup_netns("/etc/passwd"), ErrorCode::kUsage, {"'/etc/passwd'", "not a network namespace"}));
  EXPECT_TRUE(refused(lookup_netns("/proc"), ErrorCode::kUsage, {"'/proc'", "not a network namespace"}));
  EXPECT_TRUE(refused(lookup_netns("0"), ErrorCode::kUsage, {"'0'"}));
  EXPECT_TRUE(refused(lookup_netns("4294967296"), ErrorCode::kUsage, {"'4294967296'"}));
}

TEST(LookupNetns, RefusesANamespaceOfAnotherSort) {
  EXPECT_TRUE(refused(lookup_netns("/proc/self/ns/uts"), ErrorCode::kUsage, {"not a network namespace"}));
}

TEST(LookupCgroup, RefusesWhatIsNone) {
  for (const std::string path : {"/no/such/cgroup", "no/such/cgroup", "/proc", "/etc/passwd", "../.."}) {
    EXPECT_TRUE(refused(lookup_cgroup(path), ErrorCode::kUsage, {"--cgroup '" + path + "'"})) << path;
  }
}

TEST(LookupCgroup, RefusesAnEmptyPathRatherThanTakeItForTheRoot) {
  EXPECT_TRUE(refused(lookup_cgroup(""), ErrorCode::kUsage, {"--cgroup ''"}));
}

}  // namespace
}  // namespace tcptrail::cli
