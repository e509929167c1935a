#include "source/live_source.h"

#include <fmt/format.h>

#include "kernel/decoder.h"

namespace tcptrail::source {
namespace {

using kernel::BpfObject;

struct Refused {
  std::string_view program;  // empty: the whole load
  Error error;
};

tl::expected<BpfObject, Refused> try_plan(const kernel::Plan& plan, const kernel::BpfOptions& options) {
  std::vector<std::string_view> programs;
  for (const kernel::Choice& choice : plan.chosen) {
    programs.insert(programs.end(), choice.programs.begin(), choice.programs.end());
  }
  auto object = BpfObject::load(options, programs);
  if (!object) return tl::unexpected(Refused{{}, object.error()});
  for (const std::string_view program : programs) {
    if (auto attached = object->attach(program); !attached) return tl::unexpected(Refused{program, attached.error()});
  }
  return *std::move(object);
}

Error unserved(const kernel::Plan& plan, const std::optional<Error>& cause) {
  std::string message = fmt::format("this kernel offers no way to hear of '{}':", plan.unserved.front());
  for (const kernel::Rejection& rejection : plan.rejected) {
    if (rejection.event != plan.unserved.front()) continue;
    message += fmt::format("\n  {}: {}", kernel::name_of(rejection.backend), rejection.reason);
  }
  if (cause) message += "\n" + cause->message;
  return {ErrorCode::kDenied, std::move(message)};
}

}  // namespace

Result<std::unique_ptr<LiveSource>> LiveSource::start(const kernel::BpfOptions& options,
                                                      const kernel::Features& features,
                                                      std::optional<kernel::Backend> only) {
  kernel::PlanRequest request{options.kinds, options.attempt_after_syn, only, {}};
  std::optional<Error> last;
  for (;;) {  // each round rules out a program, so it ends
    const kernel::Plan plan = kernel::plan_hooks(kernel::hook_catalog(), features, request);
    if (!plan.unserved.empty()) return tl::unexpected(unserved(plan, last));
    auto object = try_plan(plan, options);
    if (!object && object.error().program.empty()) return tl::unexpected(object.error().error);
    if (!object) {
      request.failed.insert(object.error().program);
      last = object.error().error;
      continue;
    }
    std::unique_ptr<LiveSource> source(new LiveSource(*std::move(object)));
    auto reader = kernel::RingReader::open(source->object_.events_map(),
                                           [raw = source.get()](auto record) { raw->on_record(record); });
    if (!reader) return tl::unexpected(reader.error());
    source->reader_ = *std::move(reader);
    return source;
  }
}

void LiveSource::on_record(std::span<const std::byte> record) {
  auto event = kernel::decode(record, clock_);
  if (event) {
    (*on_event_)(*event);
  } else if (!bad_record_) {
    bad_record_ = event.error();
  }
}

Result<bool> LiveSource::poll(const OnEvent& on_event) {
  clock_.measure();
  on_event_ = &on_event;
  auto more = reader_->consume();
  on_event_ = nullptr;
  if (bad_record_) return tl::unexpected(*bad_record_);
  return more;
}

Result<SourceCounts> LiveSource::counts() {
  return object_.counts().map([](const kernel::KernelCounts& counts) {
    return SourceCounts{counts.seen, counts.filtered, counts.lost};
  });
}

}  // namespace tcptrail::source
