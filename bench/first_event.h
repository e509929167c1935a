// How long a tracer takes from its start to its first line.
#pragma once

#include "tracers.h"

namespace tcptrail::bench {

// From exec to the first line about the load, which must be running. Throws TracerFailed.
double first_event_ms(const Tracer& tracer);

}  // namespace tcptrail::bench
