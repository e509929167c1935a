#pragma once

#include "base/result.h"
#include "model/event.h"

namespace tcptrail::sink {

enum class SinkState {
  kOpen,
  kClosed,   // whoever read it has gone
  kStalled,  // nobody reads it, and we were told to stop
};

// Where events go. Used by one thread. After an error, or a state other than kOpen, it takes nothing more.
class Sink {
 public:
  virtual ~Sink() = default;

  // Takes an event; may write.
  virtual Result<SinkState> put(const model::Event& event) = 0;
  // Writes all that was taken.
  virtual Result<SinkState> flush() = 0;
  // Whether events of this kind have a form here.
  virtual bool tells(model::Kind kind) const = 0;
  // Events of the counted kinds that were written to the last byte: one by one, and in floods.
  virtual const model::KindCounts& emitted() const = 0;
  virtual const model::KindCounts& flooded() const = 0;
};

}  // namespace tcptrail::sink
