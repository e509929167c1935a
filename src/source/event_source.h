#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/event.h"
#include "model/news.h"

namespace tcptrail::source {

// What a source knows of events that it did not hand over one by one. seen counts all of them; flooded those
// that it hands over summed up.
struct SourceCounts {
  model::KindCounts seen, filtered, flooded, lost;
};

// Where events come from: this kernel, a recording, or a test. Used by one thread.
class EventSource {
 public:
  using OnEvent = std::function<void(const model::Event&)>;
  using OnNews = std::function<void(const model::News&)>;
  enum class WakeAt { kFirstEvent, kManyEvents };

  virtual ~EventSource() = default;

  // Hands over what is there, without waiting. Returns whether more is waiting already.
  virtual Result<bool> poll(const OnEvent& on_event) = 0;
  // False while it still looks for what was there before it began.
  virtual bool is_complete() const { return true; }
  // These signal with an edge (EPOLLET) that it is time to poll.
  virtual std::vector<int> wake_fds() const = 0;
  // To be called before waiting for wake_fds(): what they are to signal, once. Events from before this call
  // need not be signalled.
  virtual void about_to_wait(WakeAt wake_at) = 0;
  // Lets nothing new in. poll() then hands over the rest, and counts() is final.
  virtual void stop() = 0;
  virtual Result<SourceCounts> counts() = 0;

  // What poll() hands over besides events, in one order with them.
  void set_on_news(OnNews on_news) { on_news_ = std::move(on_news); }

 protected:
  void tell(const model::News& news) const {
    if (on_news_) on_news_(news);
  }

 private:
  OnNews on_news_;
};

}  // namespace tcptrail::source
