// One socket, several attempts: each has a conn of its own.

#include <sys/socket.h>

#include "support/kernel_test.h"

namespace tcptrail::test {
namespace {

using ReuseTest = KernelTest;

struct Facts {
  SocketFact listener, first, second;
};

TEST_F(ReuseTest, SuccessAfterARefusedAttempt) {
  const Shared<Facts> facts;
  const auto outcome = trace_process([&] {
    const UniqueFd listener = listen_at({"127.0.0.1", 0});
    facts->listener = fact_of(listener.get());
    const UniqueFd socket = tcp_socket(AF_INET);
    facts->first = fact_of(socket.get(), {"127.0.0.1", kClosedPort});
    demand_connect(socket.get(), {"127.0.0.1", kClosedPort}, ECONNREFUSED);
    demand_connect(socket.get(), facts->listener.local, 0);
    facts->second = fact_of(socket.get());
  });
  EXPECT_TRUE(exactly(outcome, {
                                   listening(facts->listener, 16),
                                   attempt("first", facts->first),
                                   rejected(facts->first),
                                   failed("first", facts->first, "refused", "ECONNREFUSED"),
                                   attempt("second", facts->second),
                                   connected("second", facts->second),
                                   closed_outbound("second", facts->second, "fin").present("end"),
                                   closed_unaccepted("s", facts->listener, facts->second),
                                   stopped_listening(facts->listener),
                               }));
}

TEST_F(ReuseTest, EachRefusedAttemptIsToldByItself) {
  const Shared<Facts> facts;
  const auto outcome = trace_process([&] {
    const UniqueFd socket = tcp_socket(AF_INET);
    facts->first = fact_of(socket.get(), {"127.0.0.1", kClosedPort});
    facts->second = fact_of(socket.get(), {"127.0.0.2", kClosedPort});
    demand_connect(socket.get(), facts->first.remote, ECONNREFUSED);
    demand_connect(socket.get(), facts->second.remote, ECONNREFUSED);
  });
  EXPECT_TRUE(exactly(outcome, {
                                   attempt("first", facts->first),
                                   rejected(facts->first).present("remote_ip"),
                                   failed("first", facts->first, "refused", "ECONNREFUSED"),
                                   attempt("second", facts->second),
                                   rejected(facts->second).present("remote_ip"),
                                   failed("second", facts->second, "refused", "ECONNREFUSED"),
                               }));
}

TEST_F(ReuseTest, NoRouteThenSuccess) {
  const Shared<Facts> facts;
  const auto outcome = trace_process([&] {
    const UniqueFd listener = listen_at({"127.0.0.1", 0});
    facts->listener = fact_of(listener.get());
    const UniqueFd socket = tcp_socket(AF_INET);
    facts->first = fact_of(socket.get(), {"192.0.2.1", 80});
    demand_connect(socket.get(), facts->first.remote, ENETUNREACH);
    demand_connect(socket.get(), facts->listener.local, 0);
    facts->second = fact_of(socket.get());
  });
  EXPECT_TRUE(exactly(outcome, {
                                   listening(facts->listener, 16),
                                   failed("first", facts->first, "unreachable", "ENETUNREACH"),
                                   attempt("second", facts->second),
                                   connected("second", facts->second),
                                   closed_outbound("second", facts->second, "fin").present("end"),
                                   closed_unaccepted("s", facts->listener, facts->second),
                                   stopped_listening(facts->listener),
                               }));
}

// connect(AF_UNSPEC) dissolves an association; it is the end of one connection and no attempt.
TEST_F(ReuseTest, DisconnectedAndConnectedAgain) {
  const Shared<Facts> facts;
  const auto outcome = trace_process([&] {
    const UniqueFd listener = listen_at({"127.0.0.1", 0});
    facts->listener = fact_of(listener.get());
    const UniqueFd socket = tcp_socket(AF_INET);
    demand_connect(socket.get(), facts->listener.local, 0);
    facts->first = fact_of(socket.get());
    const sockaddr nowhere{AF_UNSPEC, {}};
    check(::connect(socket.get(), &nowhere, sizeof nowhere), "connect(AF_UNSPEC)");
    demand_connect(socket.get(), facts->listener.local, 0);
    facts->second = fact_of(socket.get());
  });
  EXPECT_TRUE(exactly(outcome, {
                                   listening(facts->listener, 16),
                                   attempt("first", facts->first),
                                   connected("first", facts->first),
                                   closed_outbound("first", facts->first, "reset_local"),
                                   closed_unaccepted("s1", facts->listener, facts->first),
                                   attempt("second", facts->second),
                                   connected("second", facts->second),
                                   closed_outbound("second", facts->second, "fin").present("end"),
                                   closed_unaccepted("s2", facts->listener, facts->second),
                                   stopped_listening(facts->listener),
                               }));
}

}  // namespace
}  // namespace tcptrail::test
