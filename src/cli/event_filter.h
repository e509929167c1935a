#pragma once

#include <functional>

#include "model/event.h"
#include "model/filter.h"

namespace tcptrail::cli {

// The part of the filter that user space applies, to events that are complete; empty where it asks for
// nothing. Among the values of one option any will do, and each option must hold; an event that lacks what
// one asks for does not pass.
std::function<bool(const model::Event&)> event_filter(const model::Filter& filter);

}  // namespace tcptrail::cli
