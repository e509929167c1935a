// Filters on addresses, families and namespaces.

#include <unistd.h>

#include <map>

#include "support/accounting.h"
#include "support/dialogue.h"
#include "support/kernel_test.h"

namespace tcptrail::test {
namespace {

// Attempts are told by remote address and without a server's view, so that one address is one line.
class AddressFiltersTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    TCPTRAIL_REQUIRE(lacks_ipv6());
    for (const char* ip : {"2001:db8:1::1", "2001:db8:1:ffff::2", "2001:db8:2::1"})
      ns().add_address("lo", ip, 128);
  }

  // Refused attempts to four IPv4, one mapped and four IPv6 addresses under `filter`; the remote addresses
  // told, a mapped one with an "m" behind.
  std::multiset<std::string> told_under(const std::vector<std::string>& filter) {
    std::vector<std::string> arguments{"-e", "fail", "--stats"};
    arguments.insert(arguments.end(), filter.begin(), filter.end());
    const auto outcome = trace_json(arguments, [&] { ns().spawn(be_refused_everywhere).join(); });
    EXPECT_TRUE(outcome.exit_code == 0 && outcome.complaints().empty()) << outcome.report();
    EXPECT_TRUE(accounts_close(outcome));
    EXPECT_GE(Accounting(outcome).at("seen", "fail"), 9) << outcome.report();
    std::multiset<std::string> told;
    for (const auto& event : happenings(outcome.events())) {
      told.insert(event.text("remote_ip") + (event.has("mapped") ? "m" : ""));
    }
    return told;
  }

  static void be_refused_everywhere() {
    for (const char* ip : {"127.0.0.1", "127.0.0.2", "127.1.2.3", "127.255.0.9", "::ffff:127.1.2.4", "::1",
                           "2001:db8:1::1", "2001:db8:1:ffff::2", "2001:db8:2::1"}) {
      const SockAddr target(ip, kClosedPort);
      demand_connect(tcp_socket(target.family()).get(), target, ECONNREFUSED);
    }
  }

  const std::multiset<std::string> ipv4_{"127.0.0.1", "127.0.0.2", "127.1.2.3", "127.255.0.9", "127.1.2.4m"};
  const std::multiset<std::string> ipv6_{"::1", "2001:db8:1::1", "2001:db8:1:ffff::2", "2001:db8:2::1"};
  const std::multiset<std::string> all_ = [this] {
    auto both = ipv4_;
    both.insert(ipv6_.begin(), ipv6_.end());
    return both;
  }();
};

using Told = std::multiset<std::string>;

TEST_F(AddressFiltersTest, None) { EXPECT_EQ(told_under({}), all_); }
TEST_F(AddressFiltersTest, Ipv4Only) { EXPECT_EQ(told_under({"-4"}), ipv4_); }
TEST_F(AddressFiltersTest, Ipv6Only) { EXPECT_EQ(told_under({"-6"}), ipv6_); }

TEST_F(AddressFiltersTest, OneIpv4Address) {
  EXPECT_EQ(told_under({"-n", "127.0.0.2/32"}), Told{"127.0.0.2"});
}

TEST_F(AddressFiltersTest, Ipv4NetworkHoldsMappedAddressesToo) {
  EXPECT_EQ(told_under({"-n", "127.1.0.0/16"}), (Told{"127.1.2.3", "127.1.2.4m"}));
}

TEST_F(AddressFiltersTest, NetworkThatEndsWithinAByte) {
  EXPECT_EQ(told_under({"-n", "127.0.0.2/31"}), (Told{"127.0.0.2"}));
  EXPECT_EQ(told_under({"-n", "127.0.0.0/15"}), (Told{"127.0.0.1", "127.0.0.2", "127.1.2.3", "127.1.2.4m"}));
}

TEST_F(AddressFiltersTest, AllOfIpv4) { EXPECT_EQ(told_under({"-n", "0.0.0.0/0"}), ipv4_); }
TEST_F(AddressFiltersTest, AllOfIpv6) { EXPECT_EQ(told_under({"-n", "::/0"}), ipv6_); }

TEST_F(AddressFiltersTest, OneIpv6Address) {
  EXPECT_EQ(told_under({"--net", "2001:db8:1::1/128"}), Told{"2001:db8:1::1"});
}

TEST_F(AddressFiltersTest, Ipv6Network) {
  EXPECT_EQ(told_under({"-n", "2001:db8:1::/48"}), (Told{"2001:db8:1::1", "2001:db8:1:ffff::2"}));
}

TEST_F(AddressFiltersTest, RepeatedNetworksAdd) {
  EXPECT_EQ(told_under({"-n", "127.0.0.1/32", "-n", "2001:db8:2::/48"}),
            (Told{"127.0.0.1", "2001:db8:2::1"}));
}

TEST_F(AddressFiltersTest, NetworkAndFamilyMustBothHold) {
  EXPECT_EQ(told_under({"-n", "127.0.0.1/32", "-n", "::1/128", "-6"}), Told{"::1"});
}

// The remote address: the server's own is not what was asked for.
TEST_F(AddressFiltersTest, NetworkOfInboundConnectionsIsThePeers) {
  const Server server(ns(), {{"127.0.0.9", 5001}});
  const Shared<SocketFact> fact;
  const auto outcome = trace_json({"-e", "connect,accept", "-n", "127.0.0.8/32"}, [&] {
    ns().spawn([&] {
          const UniqueFd socket = bound_socket({"127.0.0.8", 0});
          demand_connect(socket.get(), {"127.0.0.9", 5001}, 0);
          receive_until_end(socket.get());
        })
        .join();
  });
  const auto events = happenings(outcome.events());
  ASSERT_EQ(events.size(), 1U) << outcome.report();
  EXPECT_EQ(events[0].kind(), "accept") << outcome.report();
}

class NamespaceFilterTest : public KernelTest {
 protected:
  // One refused attempt in this namespace and one in another; true if exactly the one in this was told.
  ::testing::AssertionResult only_this_is_told(const TracerOptions& options) {
    const TestNamespace other;
    Tracer tracer(options);
    tracer.wait_ready();
    const auto be_refused = [] {
      demand_connect(tcp_socket(AF_INET).get(), {"127.0.0.1", kClosedPort}, ECONNREFUSED);
    };
    other.spawn(be_refused).join();
    ns().spawn(be_refused).join();
    const auto outcome = tracer.stop();
    const auto events = happenings(outcome.events());
    if (events.size() == 1 && events[0].number("netns") == static_cast<std::int64_t>(ns().inode())) {
      return ::testing::AssertionSuccess();
    }
    return ::testing::AssertionFailure() << "this namespace is " << ns().inode() << "\n" << outcome.report();
  }

  static std::vector<std::string> arguments(const std::string& netns) {
    return {"-o", "json", "-e", "fail", "--netns", netns};
  }
};

TEST_F(NamespaceFilterTest, ByInode) {
  EXPECT_TRUE(only_this_is_told({.arguments = arguments(ns().inode_text())}));
}

TEST_F(NamespaceFilterTest, ByPath) {
  const Child holder = ns().spawn([] { sleep_for(Seconds(30)); });
  const std::string path = "/proc/" + std::to_string(holder.pid()) + "/ns/net";
  // The fork is there before it has moved.
  ASSERT_TRUE(eventually(Seconds(5), [&] {
    std::string target(64, '\0');
    const auto length = ::readlink(path.c_str(), target.data(), target.size());
    return length > 0 && target.find(ns().inode_text()) != std::string::npos;
  }));
  EXPECT_TRUE(only_this_is_told({.arguments = arguments(path)}));
}

TEST_F(NamespaceFilterTest, BySelf) {
  EXPECT_TRUE(only_this_is_told({.arguments = arguments("self"), .prepare = [this] { ns().enter(); }}));
}

}  // namespace
}  // namespace tcptrail::test
