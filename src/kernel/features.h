#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace tcptrail::kernel {

// What this kernel and this process's privileges offer to the hooks.
struct Features {
  bool btf = false;      // the kernel describes its own types
  bool tracefs = false;  // classic tracepoints can be found (not looked for where the rest is missing)
  bool trampolines =
      false;             // fentry and fexit programs are not refused outright; a function's own may still be
  bool kprobes = false;  // the kernel has probes of functions; a function's own may still be refused
  bool modern = false;   // all that bpf/lib/compat.h makes good is there
  bool allocating = false;   // programs of every kind may use maps that allocate as they go
  bool preemptible = false;  // tasks may be preempted in a tracepoint's program
  std::vector<std::string> missing_capabilities;
};

// Looks, and mounts tracefs where it is missing. notices gets a line for each thing that was changed or
// could not be, for the user to read. The features named in $TCPTRAIL_WITHOUT (a list such as
// "trampolines,modern") are taken for missing, so that what stands in for them can be tried on any kernel.
Features probe_features(std::vector<std::string>& notices);

// Refuses, saying what is missing and what to do, where no hook of any family could work.
Result<void> check_features(const Features& features);

}  // namespace tcptrail::kernel
