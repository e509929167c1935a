#pragma once

// The generated skeleton names the BPF programs' own types, so these must come first.
#include "abi/config.h"
#include "abi/event.h"
// bpftool writes C-style code; it is not ours to format or lint.
#include "tcptrail.skel.h"
#include "tcptrail_compat.skel.h"
