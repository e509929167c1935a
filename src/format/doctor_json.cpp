#include "format/doctor_json.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <string_view>
#include <vector>

namespace tcptrail::format {
namespace {

using model::EventReport;
using model::HookReport;

class ReportWriter {
 public:
  std::string run(const model::DoctorReport& report) {
    writer_.StartObject();
    kernel(report.kernel);
    key("events");
    array(report.events, [this](const EventReport& event) { this->event(event); });
    if (report.self_test) {
      key("self_test");
      array(*report.self_test, [this](const model::SelfTestReport& test) { self_test(test); });
    }
    flag("usable", !report.problem);
    if (report.problem) text("problem", *report.problem);
    writer_.EndObject();
    return std::string(buffer_.GetString(), buffer_.GetSize()) + "\n";
  }

 private:
  void kernel(const model::KernelReport& kernel) {
    key("kernel");
    writer_.StartObject();
    text("release", kernel.release);
    text("machine", kernel.machine);
    writer_.EndObject();
    flag("btf", kernel.btf);
    if (kernel.lockdown) text("lockdown", *kernel.lockdown);
    key("capabilities");
    writer_.StartObject();
    texts("missing", kernel.missing_capabilities);
    writer_.EndObject();
    // By the names that $TCPTRAIL_WITHOUT knows.
    key("features");
    writer_.StartObject();
    flag("tracefs", kernel.tracefs);
    flag("trampolines", kernel.trampolines);
    flag("kprobes", kernel.kprobes);
    flag("modern", kernel.modern);
    flag("allocating", kernel.allocating);
    flag("preemptible", kernel.preemptible);
    writer_.EndObject();
  }

  void event(const EventReport& event) {
    writer_.StartObject();
    text("event", event.event);
    texts("serves", names_of(event.serves));
    texts("completes", names_of(event.completes));
    if (!event.adds.empty()) text("adds", event.adds);
    flag("needed", event.needed);
    if (event.hook) {
      key("hook");
      writer_.StartObject();
      hook(*event.hook);
      writer_.EndObject();
    }
    key("rejected");
    array(event.rejected, [this](const model::RejectedHook& rejected) {
      writer_.StartObject();
      hook(rejected.hook);
      text("reason", rejected.reason);
      writer_.EndObject();
    });
    writer_.EndObject();
  }

  void hook(const HookReport& hook) {
    text("family", hook.family);
    texts("programs", hook.programs);
    texts("attach", hook.attach);
  }

  void self_test(const model::SelfTestReport& test) {
    writer_.StartObject();
    text("event", name_of(test.event));
    if (!test.what.empty()) text("what", test.what);
    flag("arrived", test.after.has_value());
    if (test.after) {
      key("after_us");
      writer_.Uint64(*test.after);
    }
    writer_.EndObject();
  }

  template <typename Texts>
  void texts(std::string_view name, const Texts& values) {
    key(name);
    array(values, [this](std::string_view value) { string(value); });
  }

  template <typename Values, typename Write>
  void array(const Values& values, Write write) {
    writer_.StartArray();
    for (const auto& value : values) write(value);
    writer_.EndArray();
  }

  void text(std::string_view name, std::string_view value) {
    key(name);
    string(value);
  }

  void flag(std::string_view name, std::optional<bool> value) {
    if (!value) return;
    key(name);
    writer_.Bool(*value);
  }

  void key(std::string_view name) { writer_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size())); }
  void string(std::string_view text) {
    writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  }

  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
};

}  // namespace

std::string doctor_json(const model::DoctorReport& report) { return ReportWriter().run(report); }

}  // namespace tcptrail::format
