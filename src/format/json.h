#pragma once

#include "format/formatter.h"

namespace tcptrail::format {

// One object a line, UTF-8.
class Json : public Formatter {
 public:
  void append_header(std::string&) const override {}
  void append(std::string& out, const model::Event& event) override;
  bool tells(model::Kind) const override { return true; }
};

}  // namespace tcptrail::format
