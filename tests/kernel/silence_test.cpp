// What is no TCP connection must leave no trace, not even when it fails.

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "support/kernel_test.h"

namespace tcptrail::test {
namespace {

class SilenceTest : public KernelTest {
 protected:
  // Something that is told comes after, so that silence is not mistaken for a tracer that sees nothing.
  void expect_silence(const std::function<void()>& body) {
    const Shared<SocketFact> fact;
    const auto outcome = trace_process([&] {
      body();
      const UniqueFd socket = tcp_socket(AF_INET);
      *fact = fact_of(socket.get(), {"192.0.2.1", 80});
      demand_connect(socket.get(), fact->remote, ENETUNREACH);
    });
    EXPECT_TRUE(exactly(outcome, {failed("c", *fact, "unreachable", "ENETUNREACH")}));
  }
};

sockaddr_un unix_address(const char* name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // Abstract: it belongs to the network namespace and leaves no file behind.
  std::memcpy(address.sun_path + 1, name, std::strlen(name));
  return address;
}

TEST_F(SilenceTest, Udp) {
  expect_silence([] {
    const UniqueFd reachable(check(::socket(AF_INET, SOCK_DGRAM, 0), "socket"));
    demand_connect(reachable.get(), {"127.0.0.1", 53}, 0);
    const UniqueFd lost(check(::socket(AF_INET, SOCK_DGRAM, 0), "socket"));
    demand_connect(lost.get(), {"192.0.2.1", 53}, ENETUNREACH);
    const UniqueFd lost6(check(::socket(AF_INET6, SOCK_DGRAM, 0), "socket"));
    demand_connect(lost6.get(), {"2001:db8::1", 53}, ENETUNREACH);
  });
}

TEST_F(SilenceTest, UnixSockets) {
  expect_silence([] {
    const sockaddr_un address = unix_address("tcptrail");
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    const UniqueFd listener(check(::socket(AF_UNIX, SOCK_STREAM, 0), "socket"));
    check(::bind(listener.get(), generic, sizeof address), "bind");
    check(::listen(listener.get(), 1), "listen");
    const UniqueFd client(check(::socket(AF_UNIX, SOCK_STREAM, 0), "socket"));
    check(::connect(client.get(), generic, sizeof address), "connect");
    const UniqueFd server(check(::accept(listener.get(), nullptr, nullptr), "accept"));
    const sockaddr_un nowhere = unix_address("nobody");
    const UniqueFd refused(check(::socket(AF_UNIX, SOCK_STREAM, 0), "socket"));
    demand(::connect(refused.get(), reinterpret_cast<const sockaddr*>(&nowhere), sizeof nowhere) != 0 &&
               errno == ECONNREFUSED,
           "connect to no unix socket");
  });
}

TEST_F(SilenceTest, DescriptorsThatAreNoSockets) {
  expect_silence([] {
    const Pipe pipe = Pipe::make();
    demand_connect(pipe.read_end.get(), {"127.0.0.1", 80}, ENOTSOCK);
    demand_connect(-1, {"127.0.0.1", 80}, EBADF);
    demand_connect(987'654, {"127.0.0.1", 80}, EBADF);
    demand(::accept(pipe.read_end.get(), nullptr, nullptr) < 0 && errno == ENOTSOCK, "accept on a pipe");
  });
}

// A TCP socket that never connects or listens.
TEST_F(SilenceTest, SocketThatIsOnlyBound) {
  expect_silence([] { bound_socket({"127.0.0.1", 0}); });
}

TEST_F(SilenceTest, OtherNamespacesAreFilteredAway) {
  const TestNamespace other;
  const Shared<SocketFact> fact;
  const auto outcome = trace_json({"-e", socket_events()}, [&] {
    const auto be_refused = [&] {
      const UniqueFd socket = bound_socket({"127.0.0.1", 0});
      *fact = fact_of(socket.get(), {"127.0.0.1", kClosedPort});
      demand_connect(socket.get(), fact->remote, ECONNREFUSED);
    };
    other.spawn(be_refused).join();
    ns().spawn(be_refused).join();
  });
  EXPECT_TRUE(exactly(outcome,
                      {attempt("c", *fact), rejected(*fact), failed("c", *fact, "refused", "ECONNREFUSED")}));
}

}  // namespace
}  // namespace tcptrail::test
