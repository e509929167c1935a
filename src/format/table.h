#pragma once

#include "format/formatter.h"

namespace tcptrail::format {

// For people at a terminal: one line an event, in columns that an IPv4 endpoint fits; what does not fit
// pushes the rest of its line aside, for an address is never cut.
class Table : public Formatter {
 public:
  explicit Table(const Options& options) : options_(options) {}
  void append_header(std::string& out) const override;
  void append(std::string& out, const model::Event& event) override;
  bool tells(model::Kind kind) const override { return kind != model::Kind::kStats; }

 private:
  int endpoint_width() const;

  Options options_;
  std::string pid_, comm_, local_, remote_, detail_;  // kept for their capacity
};

}  // namespace tcptrail::format
