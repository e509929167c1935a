// connect() whose SYN went out before the tracing began, and was not answered until then.

#include <poll.h>
#include <sys/socket.h>

#include <thread>

#include "support/kernel_test.h"
#include "support/silent_peer.h"

namespace tcptrail::test {
namespace {

class ConnectUnderWayTest : public KernelTest {
 protected:
  struct Facts {
    SocketFact listener;
    SocketFact filler, filler_server;
    SocketFact client, server;
  };

  // A listener whose backlog is full swallows each SYN, until there is room or it is closed.
  class FullListener {
   public:
    explicit FullListener(Facts& facts) : facts_(facts) {
      facts_.listener = fact_of(listener_.get());
      filler_ = connect_to(facts_.listener.local);
      facts_.filler = fact_of(filler_.get());
    }

    void make_room() { end_connection(facts_.filler_server, std::move(filler_)); }
    void close() { listener_.reset(); }

    void end_connection(SocketFact& fact, UniqueFd client) {
      const UniqueFd server = accept_from(listener_.get());
      fact = fact_of(server.get());
      client.reset();
      receive_until_end(server.get());
    }

   private:
    Facts& facts_;
    UniqueFd listener_ = listen_at({"127.0.0.1", 0}, 0);
    UniqueFd filler_;
  };

  // The SYN is sent again after 1, 3, 7 seconds.
  static void wait_for_answer(int socket) {
    demand(poll_for(socket, POLLOUT, Seconds(15)), "no SYN was answered");
  }

  static std::vector<Expected> with_filler(const Facts& facts, std::vector<Expected> told) {
    told.push_back(accepted("f", facts.filler_server).absent("backlog_us"));
    told.push_back(closed_inbound("f", facts.filler_server, "fin").absent("duration_us"));
    told.push_back(older(closed_outbound("filler", facts.filler, "fin")));
    told.push_back(older(stopped_listening(facts.listener)));
    return told;
  }

  void expect_one_refusal(int flags,
                          const std::function<void(Facts&, int, FullListener&, const Pause&)>& run) {
    const Shared<Facts> facts;
    const auto outcome = trace_from_the_middle([&](const Pause& until_traced) {
      FullListener full(*facts);
      const UniqueFd socket = bound_socket({"127.0.0.1", 0}, flags);
      facts->client = fact_of(socket.get(), facts->listener.local);
      run(*facts, socket.get(), full, until_traced);
    });
    EXPECT_TRUE(exactly_so(
        outcome, with_filler(*facts, {older(pending("c", facts->client)), rejected(facts->client),
                                      older(failed("c", facts->client, "refused", "ECONNREFUSED"))})));
  }
};

TEST_F(ConnectUnderWayTest, Succeeds) {
  const Shared<Facts> facts;
  const auto outcome = trace_from_the_middle([&](const Pause& until_traced) {
    FullListener full(*facts);
    UniqueFd client = bound_socket({"127.0.0.1", 0}, SOCK_NONBLOCK);
    demand_connect(client.get(), facts->listener.local, EINPROGRESS);
    until_traced();
    full.make_room();
    wait_for_answer(client.get());
    demand_connect(client.get(), facts->listener.local, 0);
    facts->client = fact_of(client.get());
    full.end_connection(facts->server, std::move(client));
  });
  EXPECT_TRUE(exactly_so(outcome, with_filler(*facts, {
                                                          older(pending("c", facts->client)),
                                                          older(connected("c", facts->client)),
                                                          older(closed_outbound("c", facts->client, "fin")),
                                                          accepted("s", facts->server),
                                                          closed_inbound("s", facts->server, "fin"),
                                                      })));
}

TEST_F(ConnectUnderWayTest, RefusalReadFromSoErrorIsToldOnce) {
  expect_one_refusal(SOCK_NONBLOCK,
                     [](Facts& facts, int socket, FullListener& full, const Pause& until_traced) {
                       demand_connect(socket, facts.listener.local, EINPROGRESS);
                       until_traced();
                       full.make_room();
                       full.close();
                       wait_for_answer(socket);
                       demand(pending_error(socket) == ECONNREFUSED, "SO_ERROR");
                     });
}

TEST_F(ConnectUnderWayTest, RefusalCollectedByASecondConnectIsToldOnce) {
  expect_one_refusal(SOCK_NONBLOCK,
                     [](Facts& facts, int socket, FullListener& full, const Pause& until_traced) {
                       demand_connect(socket, facts.listener.local, EINPROGRESS);
                       until_traced();
                       full.make_room();
                       full.close();
                       wait_for_answer(socket);
                       demand_connect(socket, facts.listener.local, ECONNREFUSED);
                     });
}

TEST_F(ConnectUnderWayTest, RefusalOfABlockingConnectIsToldOnce) {
  expect_one_refusal(0, [](Facts& facts, int socket, FullListener& full, const Pause& until_traced) {
    int result = 0;
    std::thread worker([&] { result = try_connect(socket, facts.listener.local); });
    sleep_for(Seconds(0.1));
    until_traced();
    full.make_room();
    full.close();
    worker.join();
    demand(result == ECONNREFUSED, "connect");
  });
}

TEST_F(ConnectUnderWayTest, ClosedBeforeAnAnswer) {
  const SilentPeer peer(ns());
  ns().set_sysctl("ipv4/tcp_syn_retries", "6");  // it does not time out before it is closed
  const Shared<SocketFact> fact;
  const auto outcome = trace_from_the_middle([&](const Pause& until_traced) {
    const UniqueFd socket = bound_socket({"198.51.100.1", 0}, SOCK_NONBLOCK);
    *fact = fact_of(socket.get(), peer.address());
    demand_connect(socket.get(), peer.address(), EINPROGRESS);
    until_traced();
  });
  EXPECT_TRUE(exactly_so(outcome, {older(failed("c", *fact, "aborted", ""))}));
}

}  // namespace
}  // namespace tcptrail::test
