#include "support/exchange.h"

#include <chrono>

#include "support/process.h"
#include "support/shared.h"

namespace tcptrail::test {
namespace {

using Clock = std::chrono::steady_clock;

std::int64_t microseconds_since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count();
}

struct Steps {
  Gate listening;
  Gate connected;
  Gate accepted;
};

void serve(const ExchangePlan& plan, const Steps& steps, ExchangeFacts& facts) {
  const UniqueFd listener = listen_at(plan.listen_at, kExchangeBacklog, plan.protocol);
  facts.listener = fact_of(listener.get());
  steps.listening.open();
  UniqueFd socket = plan.accept(listener.get());
  facts.server = fact_of(socket.get());
  steps.accepted.open();
  // Neither side acts before the other has noted its addresses: a reset would take them away.
  steps.connected.wait();
  plan.server(socket);
}

void consume(const ExchangePlan& plan, const Steps& steps, ExchangeFacts& facts) {
  steps.listening.wait();
  const SockAddr target(plan.target, facts.listener.local.port());
  UniqueFd socket = tcp_socket(target.family(), 0, plan.protocol);
  const auto start = Clock::now();
  plan.connect(socket.get(), target);
  facts.connect_us = microseconds_since(start);
  facts.client = fact_of(socket.get());
  steps.connected.open();
  steps.accepted.wait();
  plan.client(socket);
  socket.reset();
  facts.life_us = microseconds_since(start);
}

}  // namespace

ExchangeFacts exchange(const TestNamespace& ns, const ExchangePlan& plan) {
  const Shared<ExchangeFacts> facts;
  const Steps steps;
  Child server = ns.spawn([&] { serve(plan, steps, *facts); });
  Child client = ns.spawn([&] { consume(plan, steps, *facts); });
  client.join();
  server.join();
  return *facts;
}

ExchangeStory::ExchangeStory(const ExchangeFacts& facts, std::string_view client_end,
                             std::string_view server_end, const std::string& suffix)
    : listen(listening(facts.listener, kExchangeBacklog)),
      attempt(test::attempt("c" + suffix, facts.client)),
      connect(connected("c" + suffix, facts.client)),
      accept(accepted("s" + suffix, facts.server)),
      client_close(closed_outbound("c" + suffix, facts.client, client_end)),
      server_close(closed_inbound("s" + suffix, facts.server, server_end)),
      unlisten(stopped_listening(facts.listener)) {}

std::vector<Expected> ExchangeStory::all() const {
  return {listen, attempt, connect, accept, client_close, server_close, unlisten};
}

}  // namespace tcptrail::test
