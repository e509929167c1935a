#include "base/unique_fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <utility>

namespace tcptrail {
namespace {

int open_null() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

TEST(UniqueFdTest, IsNoneAtFirst) {
  const UniqueFd none;

  EXPECT_FALSE(none);
  EXPECT_EQ(none.get(), -1);
}

TEST(UniqueFdTest, TakesDescriptorZeroForOne) {
  const UniqueFd saved(::dup(STDIN_FILENO));
  {
    const UniqueFd zero(STDIN_FILENO);
    EXPECT_TRUE(zero);
  }
  ::dup2(saved.get(), STDIN_FILENO);
}

TEST(UniqueFdTest, ClosesWhatItOwns) {
  const int raw = open_null();
  ASSERT_TRUE(is_open(raw));
  { const UniqueFd owner(raw); }
  EXPECT_FALSE(is_open(raw));
}

TEST(UniqueFdTest, HandsOverWhenItIsMoved) {
  const int raw = open_null();
  UniqueFd second;
  {
    UniqueFd first(raw);
    second = UniqueFd(std::move(first));
  }
  EXPECT_EQ(second.get(), raw);
  EXPECT_TRUE(is_open(raw));
}

TEST(UniqueFdTest, ClosesTheOldOneWhenAnotherIsAssigned) {
  const int old = open_null();
  UniqueFd owner(old);

  owner = UniqueFd(open_null());

  EXPECT_FALSE(is_open(old));
  EXPECT_TRUE(is_open(owner.get()));
}

}  // namespace
}  // namespace tcptrail
