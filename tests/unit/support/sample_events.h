#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/event.h"

// Invented events, complete and always the same.
namespace tcptrail::test {

// 2026-11-23T02:45:28.000000123Z
inline constexpr UnixNs kSampleTime = 1'795'401'928'000'000'123;

// The kind's event of an IPv4 client 192.0.2.2:43210, process 1234 "curl", and a server 198.51.100.7:443;
// a server's for kinds that are a server's. For lost and stats too.
model::Event sample_event(model::Kind kind);

// The kind's event of a process "curl" in a container, of which everything is known.
model::Event identified_event(model::Kind kind);

// The same with every text of the process, its container and its peer being this one.
model::Event identified_event(model::Kind kind, const std::string& text);

// The same with another name of the process.
model::Event named_event(model::Kind kind, std::string_view comm);

// A run's worth of lines: each kind, both families, mapped addresses, whatever can be absent absent, hostile
// names, lost events and the accounts; numbered, a millisecond apart.
std::vector<model::Event> sample_stream();

model::Accounting sample_accounting();

}  // namespace tcptrail::test
