// Which events a self-test takes for its own.

#include "cli/awaited_event.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace tcptrail::cli {
namespace {

using model::Direction;
using model::Event;
using model::Kind;

constexpr std::uint32_t kNetns = 4026532008;

Event an_event(Kind kind, Direction direction) {
  Event event;
  event.kind = kind;
  event.conn.direction = direction;
  event.conn.netns = kNetns;
  event.conn.local_port = 40000;
  event.conn.remote_port = 80;
  event.conn.owner.emplace().pid = static_cast<std::uint32_t>(::getpid());
  return event;
}

TEST(AwaitedEvent, IsOfTheKindAndTheNamespace) {
  const AwaitedEvent awaited = await(kNetns, Kind::kConnect, "", outbound_to(80, AF_INET));
  Event event = an_event(Kind::kConnect, Direction::kOutbound);
  EXPECT_TRUE(awaited.is(event));

  event.conn.netns = kNetns + 1;
  EXPECT_FALSE(awaited.is(event));
  EXPECT_FALSE(awaited.is(an_event(Kind::kAttempt, Direction::kOutbound)));
}

TEST(AwaitedEvent, HasAProcess) {
  const AwaitedEvent awaited = await(kNetns, Kind::kConnect, "", outbound_to(80, AF_INET));
  Event event = an_event(Kind::kConnect, Direction::kOutbound);

  event.conn.owner.reset();

  EXPECT_FALSE(awaited.is(event));
}

TEST(AwaitedEvent, NeedsNoProcessWhereTheKindHasNone) {
  const AwaitedEvent awaited = await(kNetns, Kind::kReject, "", inbound_at(40000, AF_INET));
  Event event = an_event(Kind::kReject, Direction::kInbound);

  event.conn.owner.reset();

  EXPECT_TRUE(awaited.is(event));
}

TEST(AwaitedEvent, IsKnownByDirectionPortAndFamily) {
  const Event outbound = an_event(Kind::kConnect, Direction::kOutbound);
  EXPECT_TRUE(outbound_to(80, AF_INET)(outbound));
  EXPECT_FALSE(outbound_to(81, AF_INET)(outbound));
  EXPECT_FALSE(outbound_to(80, AF_INET6)(outbound));
  EXPECT_FALSE(inbound_at(40000, AF_INET)(outbound));

  EXPECT_TRUE(inbound_at(40000, AF_INET)(an_event(Kind::kAccept, Direction::kInbound)));
  EXPECT_TRUE(connected_to(80)(an_event(Kind::kSnapshot, Direction::kNone)));
}

TEST(AwaitedEvent, TellsListenersFromConnections) {
  Event event = an_event(Kind::kSnapshot, Direction::kNone);
  EXPECT_FALSE(listener_at(40000)(event));

  event.conn.remote_port.reset();

  EXPECT_TRUE(listener_at(40000)(event));
}

TEST(AwaitedEvent, FailsWithTheErrorThatWasMade) {
  Event event = an_event(Kind::kFail, Direction::kOutbound);
  event.body = model::Fail{ENETUNREACH, model::Reason::kUnreachable, std::nullopt};

  EXPECT_TRUE(failure_to(80, ENETUNREACH)(event));
  EXPECT_FALSE(failure_to(80, ECONNREFUSED)(event));
}

}  // namespace
}  // namespace tcptrail::cli
