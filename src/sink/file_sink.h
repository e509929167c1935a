#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "format/formatter.h"
#include "sink/sink.h"

namespace tcptrail::sink {

// Lines into a file descriptor (not owned): a file, a pipe, a terminal. A line counts as emitted when its
// last byte was written, so that the accounts hold on a full disk too.
class FileSink : public Sink {
 public:
  // stop_fd becomes readable when the program is to end; from then on a reader who does not read is
  // waited for only briefly.
  FileSink(int fd, int stop_fd, std::unique_ptr<format::Formatter> formatter);

  Result<SinkState> put(const model::Event& event) override;
  Result<SinkState> flush() override;
  bool tells(model::Kind kind) const override { return formatter_->tells(kind); }
  const model::KindCounts& emitted() const override { return emitted_; }
  const model::KindCounts& flooded() const override { return flooded_; }

 private:
  struct Line {
    std::size_t end;  // in batch_
    model::Kind kind;
    model::Counted counted;
  };

  Result<SinkState> wait_writable() const;
  Result<SinkState> write_batch(std::size_t& written) const;

  int fd_;
  int stop_fd_;
  bool may_block_;  // a pipe, a terminal, a socket
  std::unique_ptr<format::Formatter> formatter_;
  std::string batch_;
  std::vector<Line> lines_;
  model::KindCounts emitted_, flooded_;
};

}  // namespace tcptrail::sink
