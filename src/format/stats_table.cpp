#include "format/stats_table.h"

#include <fmt/format.h>

#include <iterator>

namespace tcptrail::format {

std::string stats_table(const model::Accounting& accounting) {
  static constexpr const char* kRow = "{:<9} {:>12} {:>12} {:>12} {:>12} {:>12}\n";
  std::string out = fmt::format(kRow, "event", "seen", "emitted", "filtered", "flooded", "lost");
  for (const model::Kind kind : model::shown_kinds(accounting)) {
    fmt::format_to(std::back_inserter(out), kRow, name_of(kind), accounting.seen[kind],
                   accounting.emitted[kind], accounting.filtered[kind], accounting.flooded[kind],
                   accounting.lost[kind]);
  }
  return out;
}

}  // namespace tcptrail::format
