#pragma once

#include "format/formatter.h"

namespace tcptrail::format {

// The output of BCC's example tcpv4connect: IPv4 outbound attempts, nothing else.
class Classic : public Formatter {
 public:
  void append_header(std::string& out) const override;
  void append(std::string& out, const model::Event& event) override;
  bool tells(model::Kind kind) const override { return kind == model::Kind::kAttempt; }

 private:
  std::string comm_, local_, remote_;  // kept for their capacity
};

}  // namespace tcptrail::format
