#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "model/event.h"

namespace tcptrail::format {

enum class Style { kTable, kClassic, kJson, kCsv };

std::optional<Style> style_named(std::string_view name);

struct Options {
  bool wide = false;     // table: columns wide enough for IPv6
  bool no_time = false;  // table: no TIME column
  bool utc = false;      // table: UTC instead of local time
  bool color = false;    // table
  bool verbose = false;  // table: after the detail, who did it (a name that is known stands there anyway)
};

// An event in, text out. Appends whole lines only, and nothing for an event that the style has no line for.
class Formatter {
 public:
  virtual ~Formatter() = default;
  virtual void append_header(std::string& out) const = 0;
  virtual void append(std::string& out, const model::Event& event) = 0;
  // Whether the style can tell of losses and accounts itself; else they belong on stderr.
  virtual bool tells(model::Kind kind) const = 0;
};

std::unique_ptr<Formatter> make_formatter(Style style, const Options& options);

}  // namespace tcptrail::format
