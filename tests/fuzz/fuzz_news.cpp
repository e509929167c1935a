// Any bytes as a stream of records, each after its length in two bytes: news is learnt, events are completed
// by it. What that comes to must have a proper form in every style, and what is kept must stay within its
// bounds.

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include "abi/news.h"
#include "enrich/enricher.h"
#include "fuzz/check.h"
#include "fuzz/lines.h"
#include "kernel/decoder.h"
#include "kernel/news_decoder.h"

namespace {

using namespace tcptrail;
using fuzz::check;

constexpr enrich::ProcessTableLimits kLimits = {.live = 8, .ended = 4, .unknown = 4};

void check_texts(const model::News& news) {
  if (const auto* const execed = std::get_if<model::Execed>(&news)) {
    check(execed->program != nullptr, "an exec of nothing", "");
    check(execed->program->exe_memfd || !execed->program->exe.empty(), "no path", "");
  }
}

void take(std::span<const std::byte> record, const WallClock& clock, enrich::Enricher& enricher) {
  Result<model::Event> event = fail(ErrorCode::kFailed, "none");
  if (kernel::is_news(record)) {
    auto news = kernel::decode_news(record, clock);
    if (!news) return check(!news.error().message.empty(), "no message", "");
    check_texts(news->news);
    enricher.learn(news->news);
    if (!news->event) return;
    event = *std::move(news->event);
  } else {
    event = kernel::decode(record, clock);
    if (!event) return;
  }
  enricher.complete(*event);
  fuzz::check_lines(*event);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const WallClock kClock;
  enrich::Enricher enricher(enrich::ProcessTable(enrich::ProcReader("/nonexistent"), kLimits, 0),
                            enrich::Containers(enrich::CgroupTable("", 8),
                                               enrich::JoinedCgroups(enrich::ProcReader("/nonexistent"), 8)));
  auto rest = std::as_bytes(std::span(data, size));
  while (rest.size() >= 2) {
    const auto claimed = std::to_integer<std::size_t>(rest[0]) | std::to_integer<std::size_t>(rest[1]) << 8U;
    rest = rest.subspan(2);
    const auto record = rest.first(std::min(claimed, rest.size()));
    take(record, kClock, enricher);
    rest = rest.subspan(record.size());
  }
  const auto counts = enricher.processes().counts();
  check(counts.live <= kLimits.live && counts.ended <= kLimits.ended, "more processes than there is room for",
        "");
  return 0;
}
