#include "cli/notify.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <string>

#include "base/unique_fd.h"

namespace tcptrail::cli {
namespace {

// A socket such as systemd's, at a path or, after an @, a name.
UniqueFd service_manager(const std::string& name) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(name.begin(), name.end(), address.sun_path);
  if (name[0] == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), length), 0) << name;
  return fd;
}

std::string received(const UniqueFd& manager) {
  std::array<char, 64> buffer{};
  const ssize_t size = ::recv(manager.get(), buffer.data(), buffer.size(), 0);
  return size < 0 ? "nothing" : std::string(buffer.data(), static_cast<std::size_t>(size));
}

class NotifyTest : public testing::Test {
 protected:
  void TearDown() override { ::unsetenv("NOTIFY_SOCKET"); }
  const std::string name_ = "tcptrail-notify-test-" + std::to_string(::getpid());
};

TEST_F(NotifyTest, TellsThePathThatItIsReady) {
  const std::string path = "/tmp/" + name_;
  const UniqueFd manager = service_manager(path);
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);

  notify_ready();

  EXPECT_EQ(received(manager), "READY=1");
  ::unlink(path.c_str());
}

TEST_F(NotifyTest, TellsTheAbstractNameThatItIsReady) {
  const UniqueFd manager = service_manager("@" + name_);
  ::setenv("NOTIFY_SOCKET", ("@" + name_).c_str(), 1);

  notify_ready();

  EXPECT_EQ(received(manager), "READY=1");
}

TEST_F(NotifyTest, TellsNobodyWhereNobodyAsked) {
  const UniqueFd manager = service_manager("@" + name_);
  ::unsetenv("NOTIFY_SOCKET");
  notify_ready();

  ::setenv("NOTIFY_SOCKET", "", 1);
  notify_ready();
  ::setenv("NOTIFY_SOCKET", "/no/such/socket", 1);
  notify_ready();
  ::setenv("NOTIFY_SOCKET", std::string(200, 'x').c_str(), 1);
  notify_ready();

  EXPECT_EQ(received(manager), "nothing");
}

}  // namespace
}  // namespace tcptrail::cli
