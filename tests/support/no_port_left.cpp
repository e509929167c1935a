#include "support/no_port_left.h"

namespace tcptrail::test {

void leave_one_port(const TestNamespace& ns) { ns.set_sysctl("ipv4/ip_local_port_range", "40000 40000"); }

void run_out_of_ports(NoPortLeftFacts& facts,
                      const std::function<void(const UniqueFd&, const SockAddr&)>& fail) {
  const UniqueFd listener = listen_at({"127.0.0.1", 5000});
  facts.listener = fact_of(listener.get());
  const UniqueFd held = connect_to(facts.listener.local);
  facts.held = fact_of(held.get());
  const UniqueFd socket = tcp_socket(AF_INET);
  facts.failed = fact_of(socket.get(), facts.listener.local);
  fail(socket, facts.listener.local);
}

// The listener is closed last, over a connection that nobody accepted.
std::vector<Expected> no_port_left(const NoPortLeftFacts& facts, std::string_view reason,
                                   std::string_view error) {
  return {
      listening(facts.listener, 16),
      attempt("held", facts.held),
      connected("held", facts.held),
      attempt("c", facts.failed),
      failed("c", facts.failed, reason, error).absent("local_port"),
      closed_outbound("held", facts.held, "fin").present("end"),
      closed_unaccepted("s", facts.listener, facts.held),
      stopped_listening(facts.listener),
  };
}

}  // namespace tcptrail::test
