#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "model/event.h"

// Events that a self-test made happen, and how they are known among others.
namespace tcptrail::cli {

struct AwaitedEvent {
  model::Kind kind = model::Kind::kAttempt;
  std::string what;  // of the event, for people; empty: the plain case
  std::function<bool(const model::Event&)> is;
};

using EventTest = std::function<bool(const model::Event&)>;

// Of the kind, in the network namespace, by this process as far as the kind has one, and as `is` says.
AwaitedEvent await(std::uint32_t netns, model::Kind kind, std::string what, EventTest is);

EventTest outbound_to(std::uint16_t port, int family);
EventTest inbound_at(std::uint16_t port, int family);
// Whichever side began: of an older connection this is not known.
EventTest connected_to(std::uint16_t port);
EventTest listener_at(std::uint16_t port);
EventTest failure_to(std::uint16_t port, int error);
// For kinds of which only one is made.
EventTest any_such();

}  // namespace tcptrail::cli
