#include "format/formatter.h"

#include <array>
#include <utility>

#include "format/classic.h"
#include "format/csv.h"
#include "format/json.h"
#include "format/table.h"

namespace tcptrail::format {

std::optional<Style> style_named(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Style>, 4> kStyles = {{
      {"table", Style::kTable},
      {"classic", Style::kClassic},
      {"json", Style::kJson},
      {"csv", Style::kCsv},
  }};
  for (const auto& [its_name, style] : kStyles) {
    if (its_name == name) return style;
  }
  return std::nullopt;
}

std::unique_ptr<Formatter> make_formatter(Style style, const Options& options) {
  switch (style) {
    case Style::kClassic:
      return std::make_unique<Classic>();
    case Style::kJson:
      return std::make_unique<Json>();
    case Style::kCsv:
      return std::make_unique<Csv>();
    case Style::kTable:
      break;
  }
  return std::make_unique<Table>(options);
}

}  // namespace tcptrail::format
