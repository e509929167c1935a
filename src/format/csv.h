#pragma once

#include "format/formatter.h"

namespace tcptrail::format {

// RFC 4180, with a header line; the fields of json as columns, empty where an event has none.
class Csv : public Formatter {
 public:
  void append_header(std::string& out) const override;
  void append(std::string& out, const model::Event& event) override;
  bool tells(model::Kind kind) const override { return kind != model::Kind::kStats; }
};

}  // namespace tcptrail::format
