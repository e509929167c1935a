// Each filter with what it lets through and what it holds back, in one run whose accounts close.

#include <arpa/inet.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <set>

#include "support/accounting.h"
#include "support/cgroup.h"
#include "support/dialogue.h"
#include "support/kernel_test.h"

namespace tcptrail::test {
namespace {

constexpr const char* kKinds = "connect,fail,accept,close";

// One connection as the tracer told it: "kind/direction/local port/remote port", the client's port being 0.
std::string view(const std::string& kind, bool outbound, std::uint16_t server_port) {
  const auto port = std::to_string(server_port);
  return kind + (outbound ? "/outbound/0/" + port : "/inbound/" + port + "/0");
}

std::multiset<std::string> client_views(std::uint16_t port) {
  return {view("connect", true, port), view("close", true, port)};
}

std::multiset<std::string> server_views(std::uint16_t port) {
  return {view("accept", false, port), view("close", false, port)};
}

std::multiset<std::string> operator+(std::multiset<std::string> left,
                                     const std::multiset<std::string>& right) {
  left.insert(right.begin(), right.end());
  return left;
}

std::multiset<std::string> both_views(std::uint16_t port) { return client_views(port) + server_views(port); }

std::multiset<std::string> views(const Outcome& outcome) {
  std::multiset<std::string> all;
  for (const auto& event : happenings(outcome.events())) {
    const bool outbound = event.text("direction") == "outbound";
    const auto port = event.number(outbound ? "remote_port" : "local_port").value_or(0);
    all.insert(view(event.kind(), outbound, static_cast<std::uint16_t>(port)));
  }
  return all;
}

class FiltersTest : public KernelTest {
 protected:
  static constexpr std::uint16_t kPorts[]{5001, 5002, 5003};

  // `filter` at work while each of the clients connects to its server.
  Outcome run(const std::vector<std::string>& filter, std::vector<WaitingClient*> clients) {
    std::vector<std::string> arguments{"-e", kKinds, "--stats"};
    arguments.insert(arguments.end(), filter.begin(), filter.end());
    auto outcome = trace_json(arguments, [&] {
      for (auto* client : clients) client->go();
    });
    EXPECT_TRUE(outcome.exit_code == 0 && outcome.complaints().empty()) << outcome.report();
    EXPECT_TRUE(accounts_close(outcome));
    // What was held back has been counted, not forgotten.
    const Accounting accounting(outcome);
    const auto expected = static_cast<std::int64_t>(clients.size());
    EXPECT_GE(accounting.at("seen", "connect"), expected) << outcome.report();
    EXPECT_GE(accounting.at("seen", "accept"), expected) << outcome.report();
    EXPECT_GE(accounting.at("seen", "close"), 2 * expected) << outcome.report();
    return outcome;
  }

  // One client for each of the three ports.
  Outcome run_ports(const std::vector<std::string>& filter) {
    const Server server(ns(), {{"127.0.0.1", kPorts[0]}, {"127.0.0.1", kPorts[1]}, {"127.0.0.1", kPorts[2]}});
    WaitingClient one(ns(), {"127.0.0.1", kPorts[0]});
    WaitingClient two(ns(), {"127.0.0.1", kPorts[1]});
    WaitingClient three(ns(), {"127.0.0.1", kPorts[2]});
    return run(filter, {&one, &two, &three});
  }
};

TEST_F(FiltersTest, NoneLetsEverythingThrough) {
  const auto outcome = run_ports({});
  EXPECT_EQ(views(outcome), both_views(5001) + both_views(5002) + both_views(5003)) << outcome.report();
}

TEST_F(FiltersTest, Pid) {
  const Server server(ns(), {{"127.0.0.1", 5001}, {"127.0.0.1", 5002}});
  WaitingClient wanted(ns(), {"127.0.0.1", 5001});
  WaitingClient other(ns(), {"127.0.0.1", 5002});
  const auto outcome = run({"-p", std::to_string(wanted.pid())}, {&wanted, &other});
  EXPECT_EQ(views(outcome), client_views(5001)) << outcome.report();
}

TEST_F(FiltersTest, PidOfTheServer) {
  const Server first(ns(), {{"127.0.0.1", 5001}});
  const Server second(ns(), {{"127.0.0.1", 5002}});
  WaitingClient one(ns(), {"127.0.0.1", 5001});
  WaitingClient two(ns(), {"127.0.0.1", 5002});
  const auto outcome = run({"--pid", std::to_string(second.pid())}, {&one, &two});
  EXPECT_EQ(views(outcome), server_views(5002)) << outcome.report();
}

TEST_F(FiltersTest, RepeatedPidsAdd) {
  const Server server(ns(), {{"127.0.0.1", 5001}, {"127.0.0.1", 5002}, {"127.0.0.1", 5003}});
  WaitingClient one(ns(), {"127.0.0.1", 5001});
  WaitingClient two(ns(), {"127.0.0.1", 5002});
  WaitingClient three(ns(), {"127.0.0.1", 5003});
  const auto outcome =
      run({"-p", std::to_string(one.pid()), "-p", std::to_string(three.pid())}, {&one, &two, &three});
  EXPECT_EQ(views(outcome), client_views(5001) + client_views(5003)) << outcome.report();
}

TEST_F(FiltersTest, ThreeHundredPids) {
  const Server server(ns(), {{"127.0.0.1", 5001}, {"127.0.0.1", 5002}});
  WaitingClient wanted(ns(), {"127.0.0.1", 5001});
  WaitingClient other(ns(), {"127.0.0.1", 5002});
  std::vector<std::string> filter;
  // Beyond any pid that this machine hands out.
  for (int i = 0; i < 299; ++i) filter.insert(filter.end(), {"-p", std::to_string(4'100'000 + i)});
  filter.insert(filter.end(), {"-p", std::to_string(wanted.pid())});
  const auto outcome = run(filter, {&wanted, &other});
  EXPECT_EQ(views(outcome), client_views(5001)) << outcome.report();
}

TEST_F(FiltersTest, UserByNumberAndByName) {
  for (const std::string user : {"65534", "nobody"}) {
    SCOPED_TRACE(user);
    const Server server(ns(), {{"127.0.0.1", 5001}, {"127.0.0.1", 5002}});
    WaitingClient wanted(ns(), {"127.0.0.1", 5001}, [] { check(::seteuid(65534), "seteuid"); });
    WaitingClient other(ns(), {"127.0.0.1", 5002});
    const auto outcome = run({"-u", user}, {&wanted, &other});
    EXPECT_EQ(views(outcome), client_views(5001)) << outcome.report();
  }
}

TEST_F(FiltersTest, PortAtEitherEnd) {
  const auto outcome = run_ports({"-P", "5002"});
  EXPECT_EQ(views(outcome), both_views(5002)) << outcome.report();
}

TEST_F(FiltersTest, PortList) {
  const auto outcome = run_ports({"-P", "5001,5003"});
  EXPECT_EQ(views(outcome), both_views(5001) + both_views(5003)) << outcome.report();
}

TEST_F(FiltersTest, PortRange) {
  const auto outcome = run_ports({"--port", "5002-5999"});
  EXPECT_EQ(views(outcome), both_views(5002) + both_views(5003)) << outcome.report();
}

TEST_F(FiltersTest, RepeatedPortsAdd) {
  const auto outcome = run_ports({"-P", "5001", "-P", "5003-5004"});
  EXPECT_EQ(views(outcome), both_views(5001) + both_views(5003)) << outcome.report();
}

TEST_F(FiltersTest, TwoThousandPorts) {
  std::string list = "5002";
  for (int port = 6001; port < 10'001; port += 2) list += "," + std::to_string(port);
  const auto outcome = run_ports({"-P", list});
  EXPECT_EQ(views(outcome), both_views(5002)) << outcome.report();
}

TEST_F(FiltersTest, RemotePortIsTheClientsView) {
  const auto outcome = run_ports({"--rport", "5002"});
  EXPECT_EQ(views(outcome), client_views(5002)) << outcome.report();
}

TEST_F(FiltersTest, LocalPortIsTheServersView) {
  const auto outcome = run_ports({"--lport", "5001-5002"});
  EXPECT_EQ(views(outcome), server_views(5001) + server_views(5002)) << outcome.report();
}

TEST_F(FiltersTest, DifferentOptionsMustAllHold) {
  const Server server(ns(), {{"127.0.0.1", 5001}, {"127.0.0.1", 5002}});
  WaitingClient one(ns(), {"127.0.0.1", 5001});
  WaitingClient two(ns(), {"127.0.0.1", 5002});
  const auto outcome =
      run({"-P", "5001", "-p", std::to_string(one.pid()), "-p", std::to_string(two.pid())}, {&one, &two});
  EXPECT_EQ(views(outcome), client_views(5001)) << outcome.report();
}

TEST_F(FiltersTest, CommGlob) {
  const Server server(ns(), {{"127.0.0.1", 5001}, {"127.0.0.1", 5002}});
  WaitingClient wanted(ns(), {"127.0.0.1", 5001}, [] { ::prctl(PR_SET_NAME, "crawl-7"); });
  WaitingClient other(ns(), {"127.0.0.1", 5002}, [] { ::prctl(PR_SET_NAME, "uncrawl-7"); });
  const auto outcome = run({"--comm", "crawl-?"}, {&wanted, &other});
  EXPECT_EQ(views(outcome), client_views(5001)) << outcome.report();
}

TEST_F(FiltersTest, CgroupWithItsSubtree) {
  TCPTRAIL_REQUIRE(lacks_cgroup());
  const TestCgroup wanted, other;
  const TestCgroup below(wanted, "below");
  const Server server(ns(), {{"127.0.0.1", 5001}, {"127.0.0.1", 5002}, {"127.0.0.1", 5003}});
  WaitingClient direct(ns(), {"127.0.0.1", 5001}, [&] { wanted.enter(); });
  WaitingClient deeper(ns(), {"127.0.0.1", 5002}, [&] { below.enter(); });
  WaitingClient outside(ns(), {"127.0.0.1", 5003}, [&] { other.enter(); });
  const auto outcome = run({"--cgroup", wanted.path()}, {&direct, &deeper, &outside});
  EXPECT_EQ(views(outcome), client_views(5001) + client_views(5002)) << outcome.report();
}

TEST_F(FiltersTest, FailedOnly) {
  const Server server(ns(), {{"127.0.0.1", 5001}});
  const Shared<SocketFact> fact;
  const auto outcome = trace_json({"-x", "--stats"}, [&] {
    WaitingClient(ns(), {"127.0.0.1", 5001}).go();
    ns().spawn([&] {
          const UniqueFd socket = bound_socket({"127.0.0.1", 0});
          *fact = fact_of(socket.get(), {"127.0.0.1", kClosedPort});
          demand_connect(socket.get(), fact->remote, ECONNREFUSED);
        })
        .join();
  });
  EXPECT_TRUE(exactly(outcome, {failed("c", *fact, "refused", "ECONNREFUSED")}));
  EXPECT_TRUE(accounts_close(outcome));
}

}  // namespace
}  // namespace tcptrail::test
