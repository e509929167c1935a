#pragma once
// The contract's rules that hold for every event of every run, whatever the scenario.

#include <string>
#include <vector>

#include "support/event.h"
#include "support/expect.h"

namespace tcptrail::test {

// Empty, or what is wrong, with the lines: fields that are missing, unknown, or do not apply to the kind;
// wrong types; placeholders; `seq` that does not count from 1; attempts told twice; a connection that goes on
// after its end.
std::string contract_violations(const std::vector<Event>& events, const Scope& scope = {});

}  // namespace tcptrail::test
