#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "model/kind.h"

// The hooks as data: for each logical event of the kernel, the ways to hear of it, best first.
namespace tcptrail::kernel {

enum class Backend { kFentry, kKprobe, kTracepoint, kIterator };

std::string_view name_of(Backend backend);
// One that --hooks may ask for.
std::optional<Backend> backend_named(std::string_view name);

// What a variant cannot do without.
enum class Need { kBtf, kTracefs, kTrampolines, kKprobes, kModern, kPreemptible };

struct HookVariant {
  Backend backend;
  std::vector<std::string_view> programs;  // names in the BPF object; all of them or none, in this order
  std::vector<Need> needs;
};

struct Hook {
  std::string_view event;                  // the logical event, for people
  model::KindSet serves = {};              // needed if one of these kinds is asked for
  model::KindSet completes = {};           // used for these too if it can be had
  bool proves_syn = false;                 // needed too where an attempt is told only after its SYN
  std::vector<HookVariant> variants = {};  // in order of preference
  bool identifies = false;                 // used too, if it can be had, where somebody asks who is who
  bool tells_names = false;                // the same for names
};

const std::vector<Hook>& hook_catalog();

}  // namespace tcptrail::kernel
