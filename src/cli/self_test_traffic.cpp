#include "cli/self_test_traffic.h"

#include <linux/filter.h>
#include <sys/socket.h>

#include <cerrno>
#include <iterator>
#include <string>
#include <utility>

namespace tcptrail::cli {
namespace {

using model::Kind;

// Nobody listens there, and no client's port is ever chosen so low.
constexpr std::uint16_t kClosedPort = 9;
constexpr const char* kElsewhere = "192.0.2.1";  // for documentation (RFC 5737)
constexpr int kBacklog = 1;

Result<void> listen_on(const BoundSocket& socket) {
  return expect("listen", ::listen(socket.fd.get(), kBacklog));
}

Result<UniqueFd> accept_from(const BoundSocket& socket) {
  UniqueFd fd(::accept4(socket.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
  return expect("accept", fd.get()).map([&] { return std::move(fd); });
}

// So that SYNs to it vanish.
Result<void> drop_all_packets(const BoundSocket& socket) {
  sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
  const sock_fprog program{1, &drop};
  return expect("SO_ATTACH_FILTER",
                ::setsockopt(socket.fd.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)));
}

template <typename T>
auto keep_in(T& place) {
  return [&place](T made) { place = std::move(made); };
}

void let_go(const UniqueFd&) {}

void append(std::vector<Step>& all, std::vector<Step> more) {
  std::move(more.begin(), more.end(), std::back_inserter(all));
}

}  // namespace

Result<SelfTestTraffic> SelfTestTraffic::prepare() {
  auto network = PrivateNetwork::make();
  if (!network) return tl::unexpected(network.error());
  SelfTestTraffic traffic;
  traffic.network_ = *std::move(network);
  return traffic.make_older_sockets().map([&] { return std::move(traffic); });
}

Result<void> SelfTestTraffic::make_older_sockets() {
  // A kernel may have IPv6 switched off.
  if (auto bound = network_.bound_socket(AF_INET6)) server_v6_ = *std::move(bound);
  return network_.bound_socket(AF_INET)
      .map(keep_in(server_))
      .and_then([&] { return network_.bound_socket(AF_INET).map(keep_in(silent_)); })
      .and_then([&] { return drop_all_packets(silent_); })
      .and_then([&] { return listen_on(silent_); })
      .and_then([&] { return network_.bound_socket(AF_INET).map(keep_in(older_)); })
      .and_then([&] { return listen_on(older_); })
      .and_then([&] { return network_.connect(loopback(AF_INET, older_.port)).map(keep_in(older_client_)); })
      .and_then([&] { return accept_from(older_).map(keep_in(older_accepted_)); });
}

std::vector<Step> SelfTestTraffic::steps() {
  const auto nothing = [] { return Result<void>(); };
  const auto ask_silent = [this] {
    return network_.connect(loopback(AF_INET, silent_.port), EINPROGRESS, SOCK_NONBLOCK)
        .map(keep_in(unanswered_));
  };
  std::vector<Step> all = {
      {{await(netns(), Kind::kSnapshot, "listener", listener_at(older_.port)),
        await(netns(), Kind::kSnapshot, "connection", connected_to(older_.port)),
        await(netns(), Kind::kSnapshot, "accepted connection", inbound_at(older_.port, AF_INET))},
       nothing},
      // Early, as it takes a second.
      {{await(netns(), Kind::kPending, "", outbound_to(silent_.port, AF_INET))}, ask_silent},
  };
  all.push_back({{await(netns(), Kind::kExec, "", any_such()), await(netns(), Kind::kExit, "", any_such())},
                 [this] { return network_.run_own_program(); }});
  append(all, life_of_a_connection());
  append(all, failures());
  if (server_v6_.fd) append(all, ipv6_steps());
  return all;
}

std::vector<Step> SelfTestTraffic::life_of_a_connection() {
  const EventTest client = outbound_to(server_.port, AF_INET);
  const EventTest server = inbound_at(server_.port, AF_INET);
  const auto connect = [this] {
    return network_.connect(loopback(AF_INET, server_.port)).map(keep_in(client_));
  };
  const auto accept = [this] { return accept_from(server_).map(keep_in(accepted_)); };
  const auto close = [this]() -> Result<void> {
    client_ = UniqueFd();
    accepted_ = UniqueFd();
    return {};
  };
  const auto unlisten = [this]() -> Result<void> {
    server_.fd = UniqueFd();
    return {};
  };
  return {
      {{await(netns(), Kind::kListen, "", listener_at(server_.port))}, [this] { return listen_on(server_); }},
      {{await(netns(), Kind::kAttempt, "", client), await(netns(), Kind::kConnect, "", client)}, connect},
      {{await(netns(), Kind::kAccept, "", server)}, accept},
      {{await(netns(), Kind::kClose, "outbound", client), await(netns(), Kind::kClose, "inbound", server)},
       close},
      {{await(netns(), Kind::kUnlisten, "", listener_at(server_.port))}, unlisten},
  };
}

std::vector<Step> SelfTestTraffic::failures() {
  const auto refused = [this] {
    return network_.connect(loopback(AF_INET, kClosedPort), ECONNREFUSED).map(let_go);
  };
  const auto no_route = [this] {
    return network_.connect(ipv4(kElsewhere, kClosedPort), ENETUNREACH).map(let_go);
  };
  return {
      {{await(netns(), Kind::kFail, "refused", failure_to(kClosedPort, ECONNREFUSED)),
        await(netns(), Kind::kReject, "", inbound_at(kClosedPort, AF_INET))},
       refused},
      {{await(netns(), Kind::kFail, "no route", failure_to(kClosedPort, ENETUNREACH))}, no_route},
  };
}

std::vector<Step> SelfTestTraffic::ipv6_steps() {
  const auto connect = [this] {
    return listen_on(server_v6_)
        .and_then([this] { return network_.connect(loopback(AF_INET6, server_v6_.port)); })
        .map(keep_in(client_v6_));
  };
  const auto refused = [this] {
    return network_.connect(loopback(AF_INET6, kClosedPort), ECONNREFUSED).map(let_go);
  };
  return {
      {{await(netns(), Kind::kConnect, "IPv6", outbound_to(server_v6_.port, AF_INET6))}, connect},
      {{await(netns(), Kind::kReject, "IPv6", inbound_at(kClosedPort, AF_INET6))}, refused},
  };
}

}  // namespace tcptrail::cli
