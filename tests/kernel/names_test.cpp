// The names of the peers, from the DNS answers that this host received.

#include <sys/wait.h>

#include <vector>

#include "support/dns.h"
#include "support/family.h"
#include "support/kernel_test.h"
#include "support/shared_tracer.h"

namespace tcptrail::test {
namespace {

const std::vector<DnsRecord> kRecords = {
    {"www.example.org", "A", "127.1.2.3"},
    {"www.example.org", "AAAA", "fd00::5"},
    {"shop.example.org", "CNAME", "front.example.net"},
    {"front.example.net", "CNAME", "lb-7.example.net"},
    {"lb-7.example.net", "A", "127.1.2.7"},
    {"other.example.org", "A", "127.1.2.3"},
};

// Which of the programs serves an event.
bool is_served_by(const std::string& program, const std::string& attach) {
  return plan_under_test().find(R"("programs":[")" + program + R"("],"attach":[")" + attach +
                                R"("]},"rejected")") != std::string::npos;
}

// Why it cannot be told who receives an answer; empty if it can.
std::string lacks_the_socket() {
  return is_served_by("dns_consumed_tracepoint", "tp_btf/consume_skb")
             ? "this kernel does not tell of the socket that a packet comes to (tracepoints before Linux 6.3)"
             : "";
}

// Why answers by TCP, whose bytes lie in pieces on loopback, cannot be read; empty if they can.
std::string lacks_reading_in_pieces() {
  return is_served_by("dns_read_tracepoint", "tp_btf/skb_copy_datagram_iovec")
             ? ""
             : "this kernel lets no tracing program read a packet in pieces (Linux 6.12)";
}

class NamesTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    ns().run([&] { ns().add_address("lo", "fd00::5", 128); });
  }

  // The event of an attempt at this address after `before`, by one process.
  Event attempt_after(const std::function<void()>& before, const std::string& ip = "127.1.2.3",
                      const std::vector<std::string>& more = {"--names"}) {
    std::vector<std::string> arguments{"-e", "fail"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    pid_t pid = 0;
    const auto scenario = [&] {
      Child child = ns().spawn([&] {
        before();
        demand_connect(tcp_socket(SockAddr(ip, 1).family()).get(), {ip, kClosedPort}, ECONNREFUSED);
      });
      pid = child.pid();
      child.join();
    };
    // The shared tracer has --names.
    const auto outcome = SharedTracer::get() != nullptr && !more.empty() ? trace_sockets(scenario)
                                                                         : trace_json(arguments, scenario);
    for (const Event& event : of_kind(outcome.events(), "fail"))
      if (event.number("pid") == pid) return event;
    throw std::runtime_error("no attempt was told\n" + outcome.report());
  }
};

TEST_F(NamesTest, OfAnAnswerByUdp) {
  const Child server = start_dns_server(ns(), kRecords);
  const Event event = attempt_after([] { ask_dns("www.example.org", "A"); });
  EXPECT_EQ(event.text("remote_name"), "www.example.org") << event.line();
}

TEST_F(NamesTest, OfAnAnswerToASocketThatIsNotConnected) {
  const Child server = start_dns_server(ns(), kRecords);
  const Event event = attempt_after([] { ask_dns("www.example.org", "A", DnsBy::kUnconnectedUdp); });
  EXPECT_EQ(event.text("remote_name"), "www.example.org") << event.line();
}

TEST_F(NamesTest, OfAnIpv6AddressByIpv6) {
  TCPTRAIL_REQUIRE(lacks_ipv6());
  const Child server = start_dns_server(ns(), kRecords);
  const Event event =
      attempt_after([] { ask_dns("www.example.org", "AAAA", DnsBy::kUdpOverIpv6); }, "fd00::5");
  EXPECT_EQ(event.text("remote_name"), "www.example.org") << event.line();
}

TEST_F(NamesTest, IsTheOneThatWasAskedForThroughItsAliases) {
  const Child server = start_dns_server(ns(), kRecords);
  const Event event = attempt_after([] { ask_dns("SHOP.example.org", "A"); }, "127.1.2.7");
  EXPECT_EQ(event.text("remote_name"), "shop.example.org") << event.line();
}

TEST_F(NamesTest, IsTheLastOneOfSeveral) {
  const Child server = start_dns_server(ns(), kRecords);
  const Event event = attempt_after([] {
    ask_dns("www.example.org", "A");
    ask_dns("other.example.org", "A");
  });
  EXPECT_EQ(event.text("remote_name"), "other.example.org") << event.line();
}

TEST_F(NamesTest, OfAnAnswerByTcp) {
  TCPTRAIL_REQUIRE_OF_KERNEL(lacks_reading_in_pieces());
  const Child server = start_dns_server(ns(), kRecords);
  const Event event = attempt_after([] { ask_dns("www.example.org", "A", DnsBy::kTcp); });
  EXPECT_EQ(event.text("remote_name"), "www.example.org") << event.line();
}

TEST_F(NamesTest, OfAnAnswerByTcpWhoseLengthCameBefore) {
  TCPTRAIL_REQUIRE_OF_KERNEL(lacks_reading_in_pieces());
  const Child server = start_dns_server(ns(), kRecords, DnsWrites::kLengthFirst);
  const Event event = attempt_after([] { ask_dns("www.example.org", "A", DnsBy::kTcp); });
  EXPECT_EQ(event.text("remote_name"), "www.example.org") << event.line();
}

TEST_F(NamesTest, OfAnotherProcessOfTheNamespace) {
  const Child server = start_dns_server(ns(), kRecords);
  const Event event = attempt_after([&] { spawn([] { ask_dns("www.example.org", "A"); }).join(); });
  EXPECT_EQ(event.text("remote_name"), "www.example.org") << event.line();
}

TEST_F(NamesTest, NotWhereNobodyAskedOrThereIsNoSuchName) {
  const Child server = start_dns_server(ns(), kRecords);
  EXPECT_FALSE(attempt_after([] {}).has("remote_name"));
  EXPECT_FALSE(attempt_after([] {
                 demand(ask_dns("nothing.example.org", "A") == 3, "no such name");
               }).has("remote_name"));
  EXPECT_FALSE(attempt_after([] { ask_dns("www.example.org", "A"); }, "127.1.2.9").has("remote_name"));
}

// Whoever can make a host receive packets could make it believe anything.
TEST_F(NamesTest, NotFromAnotherPort) {
  constexpr std::uint16_t kOtherPort = 5353;
  const Child server = start_dns_server(ns(), kRecords, DnsWrites::kWhole, kOtherPort);
  const Event event = attempt_after([] { ask_dns("www.example.org", "A", DnsBy::kUdp, kOtherPort); });
  EXPECT_FALSE(event.has("remote_name")) << event.line();
}

// A server's socket gets packets from anybody, and from any port.
TEST_F(NamesTest, NotByASocketBoundToAPort) {
  TCPTRAIL_REQUIRE_OF_KERNEL(lacks_the_socket());
  const Child server = start_dns_server(ns(), kRecords);
  const Event event = attempt_after([] { ask_dns("www.example.org", "A", DnsBy::kBoundUdp); });
  EXPECT_FALSE(event.has("remote_name")) << event.line();
}

TEST_F(NamesTest, NotWithoutTheOption) {
  const Child server = start_dns_server(ns(), kRecords);
  const Event event = attempt_after([] { ask_dns("www.example.org", "A"); }, "127.1.2.3", {});
  EXPECT_FALSE(event.has("remote_name")) << event.line();
}

TEST_F(NamesTest, NotInAnotherNamespace) {
  const Child server = start_dns_server(ns(), kRecords);
  const TestNamespace other;
  pid_t pid = 0;
  const auto outcome = trace(
      {"-o", "json", "-e", "fail", "--names", "--netns", ns().inode_text(), "--netns", other.inode_text()},
      [&] {
        ns().spawn([] { ask_dns("www.example.org", "A"); }).join();
        Child child = other.spawn([] {
          demand_connect(tcp_socket(AF_INET).get(), {"127.1.2.3", kClosedPort}, ECONNREFUSED);
        });
        pid = child.pid();
        child.join();
      });
  const auto events = of_kind(outcome.events(), "fail");
  ASSERT_EQ(events.size(), 1U) << outcome.report();
  EXPECT_EQ(events.front().number("pid"), pid);
  EXPECT_FALSE(events.front().has("remote_name")) << events.front().line();
}

TEST_F(NamesTest, CanBeFilteredBy) {
  const Child server = start_dns_server(ns(), kRecords);
  const auto outcome = trace_json({"-e", "fail", "--name", "*.EXAMPLE.org", "--stats"}, [&] {
    ns().spawn([] {
          ask_dns("www.example.org", "A");
          demand_connect(tcp_socket(AF_INET).get(), {"127.1.2.3", kClosedPort}, ECONNREFUSED);
          demand_connect(tcp_socket(AF_INET).get(), {"127.1.2.4", kClosedPort}, ECONNREFUSED);
        })
        .join();
  });
  const auto events = of_kind(outcome.events(), "fail");
  ASSERT_EQ(events.size(), 1U) << outcome.report();
  EXPECT_EQ(events.front().text("remote_ip"), "127.1.2.3");
}

}  // namespace
}  // namespace tcptrail::test
