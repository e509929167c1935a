#include "format/stats_table.h"

#include <fmt/format.h>

#include <iterator>

namespace tcptrail::format {

std::string stats_table(const model::Accounting& all) {
  static constexpr const char* kRow = "{:<9} {:>12} {:>12} {:>12} {:>12} {:>12}\n";
  std::string out = fmt::format(kRow, "event", "seen", "emitted", "filtered", "flooded", "lost");
  for (const model::Kind kind : model::shown_kinds(all)) {
    fmt::format_to(std::back_inserter(out), kRow, name_of(kind), all.seen[kind], all.emitted[kind], all.filtered[kind],
                   all.flooded[kind], all.lost[kind]);
  }
  return out;
}

}  // namespace tcptrail::format
