#pragma once

#include "base/result.h"
#include "model/filter.h"

struct tcptrail_bpf;

namespace tcptrail::kernel {

// Before loading: sizes the maps and fills the configuration and the port table.
Result<void> prepare_filter(tcptrail_bpf& object, const model::Filter& filter);
// After loading, before attaching: fills the maps.
Result<void> fill_filter(tcptrail_bpf& object, const model::Filter& filter);

}  // namespace tcptrail::kernel
