// 32-bit programs on a 64-bit kernel: by socketcall(), and by the system calls of i386's own numbers.

#include "support/compat32.h"
#include "support/blind_spots.h"
#include "support/cgroup.h"
#include "support/exchange.h"
#include "support/kernel_test.h"
#include "support/no_port_left.h"

namespace tcptrail::test {
namespace {

struct Door {
  const char* name;
  Compat32 call;
};

class Compat32Test : public KernelTest, public ::testing::WithParamInterface<Door> {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    TCPTRAIL_REQUIRE_OF_KERNEL(lacks_32_bit_programs());
  }

  // An attempt that ends before the SYN, and a plain one after it: silence is not a tracer that sees nothing.
  Outcome trace_failing(
      SocketFact& fact, SocketFact& plain, int wanted_errno, const std::function<void()>& prepare = [] {}) {
    return trace_process([&] {
      prepare();
      const SockAddr nowhere("192.0.2.1", 80);
      spawn([&] {
        const UniqueFd socket = tcp_socket(AF_INET);
        fact = {own_identity_as_compat32(), {}, nowhere};
        become_compat32(GetParam().call, socket, nowhere, wanted_errno);
      }).join();
      const UniqueFd socket = tcp_socket(AF_INET);
      plain = fact_of(socket.get(), nowhere);
      demand_connect(socket.get(), nowhere, wanted_errno);
    });
  }
};

// The socket is made by the 64-bit process that the 32-bit program was before, and closed by its end.
TEST_P(Compat32Test, Connect) {
  const Shared<ExchangeFacts> facts;
  const auto outcome = trace_process([&] {
    const UniqueFd listener = listen_at({"127.0.0.1", 0});
    facts->listener = fact_of(listener.get());
    Child client = spawn([&] {
      const UniqueFd socket = tcp_socket(AF_INET);
      facts->client.who = own_identity_as_compat32();
      become_compat32(GetParam().call, socket, facts->listener.local);
    });
    const UniqueFd socket = accept_from(listener.get());
    facts->server = fact_of(socket.get());
    facts->client.local = facts->server.remote;
    facts->client.remote = facts->server.local;
    receive_until_end(socket.get());
    client.join();
  });
  EXPECT_TRUE(exactly(outcome, ExchangeStory(*facts).all()));
}

TEST_P(Compat32Test, Refused) {
  const Shared<SocketFact> fact;
  const auto outcome = trace_process([&] {
    const UniqueFd socket = bound_socket({"127.0.0.1", 0});
    *fact = fact_of(socket.get(), {"127.0.0.1", kClosedPort});
    fact->who = own_identity_as_compat32();
    become_compat32(GetParam().call, socket, fact->remote, ECONNREFUSED);
  });
  EXPECT_TRUE(exactly(outcome,
                      {attempt("c", *fact), rejected(*fact), failed("c", *fact, "refused", "ECONNREFUSED")}));
}

TEST_P(Compat32Test, NoRoute) {
  const Shared<SocketFact> fact, plain;
  const auto outcome = trace_failing(*fact, *plain, ENETUNREACH);
  const auto last = failed("plain", *plain, "unreachable", "ENETUNREACH");
  const auto missed = failed("c", *fact, "unreachable", "ENETUNREACH").absent("latency_us");
  EXPECT_TRUE(exactly(outcome, unless_blind(BlindSpot::kCompatFailureBeforeSyn, {missed, last}, {last})));
}

TEST_P(Compat32Test, DeniedByACgroupProgram) {
  TCPTRAIL_REQUIRE(lacks_cgroup_programs());
  const TestCgroup cgroup;
  const ConnectDenial denial(cgroup);
  const Shared<SocketFact> fact, plain;
  const auto outcome = trace_failing(*fact, *plain, EPERM, [&] { cgroup.enter(); });
  const auto last = failed("plain", *plain, "denied", "EPERM");
  const auto missed = failed("c", *fact, "denied", "EPERM").absent("latency_us");
  EXPECT_TRUE(exactly(outcome, unless_blind(BlindSpot::kCompatFailureBeforeSyn, {missed, last}, {last})));
}

TEST_P(Compat32Test, NoLocalPortLeft) {
  leave_one_port(ns());
  const Shared<NoPortLeftFacts> facts;
  const auto outcome = trace_process([&] {
    run_out_of_ports(*facts, [&](const UniqueFd& socket, const SockAddr& target) {
      Child program = spawn([&] {
        facts->failed.who = own_identity_as_compat32();
        become_compat32(GetParam().call, socket, target, EADDRNOTAVAIL);
      });
      program.join();
    });
  });
  EXPECT_TRUE(exactly(outcome, unless_blind(BlindSpot::kCompatFailureWithoutSocketError,
                                            no_port_left(*facts, "address", "EADDRNOTAVAIL"),
                                            no_port_left(*facts, "other", ""))));
}

constexpr Door kConnects[] = {{"Direct", Compat32::kConnect}, {"Socketcall", Compat32::kSocketcallConnect}};
INSTANTIATE_TEST_SUITE_P(By, Compat32Test, ::testing::ValuesIn(kConnects),
                         [](const auto& one) { return one.param.name; });

using Compat32AcceptTest = Compat32Test;

TEST_P(Compat32AcceptTest, Accept) {
  const Shared<ExchangeFacts> facts;
  const auto outcome = trace_process([&] {
    const UniqueFd listener = listen_at({"127.0.0.1", 0});
    facts->listener = fact_of(listener.get());
    Child server = spawn([&] {
      facts->server.who = own_identity_as_compat32();
      become_compat32(GetParam().call, listener);
    });
    const UniqueFd client = connect_to(facts->listener.local);
    facts->client = fact_of(client.get());
    facts->server.local = facts->client.remote;
    facts->server.remote = facts->client.local;
    server.join();
    receive_until_end(client.get());
  });
  const ExchangeStory story(*facts);
  const std::vector<Expected> instead{
      story.listen,   story.attempt,
      story.connect,  story.client_close,
      story.unlisten, closed_unaccepted("s", facts->listener, facts->client).with("end", "fin"),
  };
  EXPECT_TRUE(exactly(outcome, unless_blind(BlindSpot::kCompatAccept, story.all(), instead)));
}

constexpr Door kAccepts[] = {{"Accept4", Compat32::kAccept4},
                             {"SocketcallAccept", Compat32::kSocketcallAccept},
                             {"SocketcallAccept4", Compat32::kSocketcallAccept4}};
INSTANTIATE_TEST_SUITE_P(By, Compat32AcceptTest, ::testing::ValuesIn(kAccepts),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace tcptrail::test
