#include "format/doctor_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "base/text.h"

namespace tcptrail::format {
namespace {

using model::DoctorReport;
using model::EventReport;
using model::HookReport;
using model::KindSet;

constexpr std::size_t kWidth = 100;

std::string words_for(KindSet kinds) {
  if (kinds == KindSet::of_sockets()) return "all of sockets";
  return fmt::format("{}", fmt::join(names_of(kinds), ", "));
}

// What an event of the kernel is good for: what cannot be told without it, else what it tells some cases of,
// else what it adds.
std::string purpose_of(const EventReport& event) {
  if (event.needed) return words_for(event.serves);
  return event.completes == KindSet() ? std::string(event.adds) : "rare " + words_for(event.completes);
}

// Yes, or no and what that means for the user.
std::string answer(std::optional<bool> value, std::string_view if_not) {
  if (!value) return "not known: nothing was tried";
  return *value ? "yes" : fmt::format("no: {}", if_not);
}

class Table {
 public:
  explicit Table(const DoctorReport& report) : report_(report) {}

  std::string run() {
    head();
    events();
    if (report_.self_test) self_test();
    return std::move(out_);
  }

 private:
  void fact(std::string_view name, std::string_view value) {
    fmt::format_to(std::back_inserter(out_), "{:<15} {}\n", name, value);
  }

  void head() {
    const model::KernelReport& kernel = report_.kernel;
    fact("kernel", fmt::format("{} {}", escape_text(kernel.release), escape_text(kernel.machine)));
    fact("tracing", verdict());
    fact("capabilities", kernel.missing_capabilities.empty()
                             ? "nothing is missing"
                             : fmt::format("missing: {}", fmt::join(kernel.missing_capabilities, ", ")));
    fact("BTF",
         answer(kernel.btf, "the kernel does not describe its types, so no program can be fitted to it"));
    fact("lockdown",
         kernel.lockdown ? *kernel.lockdown : "not known: " + escape_text(kernel.lockdown_unknown));
    fact("fentry, fexit", answer(kernel.trampolines, "the kernel refuses such programs"));
    fact("kprobes", answer(kernel.kprobes, "not in this kernel (CONFIG_KPROBES, CONFIG_KPROBE_EVENTS)"));
    fact("tracefs", answer(kernel.tracefs, "it cannot be read, so system calls cannot be hooked"));
    fact("newer helpers", answer(kernel.modern, "programs for kernels before Linux 5.15 are used"));
    fact("growing maps", answer(kernel.allocating, "memory is set aside at start, as before Linux 6.1"));
  }

  std::string verdict() const {
    if (report_.problem) return "does not work here";
    std::vector<std::string_view> without;
    for (const EventReport& event : report_.events) {
      if (!event.hook) without.push_back(event.event);
    }
    if (without.empty()) return "works here";
    return fmt::format("works here, without: {}", fmt::join(without, ", "));
  }

  void events() {
    if (!report_.kernel.tracefs) {  // each would be told the same
      out_ += "\nWhich hook serves which event is not known: that takes trying them.\n";
      return;
    }
    out_ += '\n';
    row("EVENT", "FOR", "HOOK", "ATTACHED TO");
    for (const EventReport& event : report_.events) {
      const std::string purpose = purpose_of(event);
      if (event.hook) {
        served(event, purpose);
      } else {
        row(event.event, purpose, event.needed ? "NONE" : "none",
            event.needed ? "" : "tracing works without it");
      }
      for (const model::RejectedHook& rejected : event.rejected) reject(event, rejected);
    }
  }

  void reject(const EventReport& event, const model::RejectedHook& rejected) {
    const std::string label = fmt::format("  not {}:", label_of(event, rejected.hook));
    const std::string reason = escape_text(rejected.reason);
    const bool fits = label.size() + 1 + reason.size() <= kWidth;
    fmt::format_to(std::back_inserter(out_), "{}{}{}\n", label, fits ? " " : "\n      ", reason);
  }

  void served(const EventReport& event, std::string_view purpose) {
    std::string_view name = event.event;
    std::string_view family = event.hook->family;
    for (const std::string& point : event.hook->attach) {
      row(name, purpose, family, point);
      name = purpose = family = {};
    }
  }

  void row(std::string_view event, std::string_view purpose, std::string_view family,
           std::string_view place) {
    fmt::format_to(std::back_inserter(out_), "{:<30} {:<18} {:<11} {}", event, purpose, family, place);
    out_.erase(out_.find_last_not_of(' ') + 1);
    out_ += '\n';
  }

  // The family; where the event has several of that, the places too.
  static std::string label_of(const EventReport& event, const HookReport& hook) {
    const auto of_family = [&](const model::RejectedHook& other) { return other.hook.family == hook.family; };
    const auto count = std::count_if(event.rejected.begin(), event.rejected.end(), of_family) +
                       (event.hook && event.hook->family == hook.family ? 1 : 0);
    if (count < 2) return hook.family;
    std::vector<std::string_view> places;
    for (const std::string_view place : hook.attach) places.push_back(place.substr(place.rfind('/') + 1));
    return fmt::format("{} {}", hook.family, fmt::join(places, " + "));
  }

  void self_test() {
    out_ += "\nSELF-TEST (in a network namespace of its own)\n";
    for (const model::SelfTestReport& test : *report_.self_test) {
      const std::string event(name_of(test.event));
      const std::string name = test.what.empty() ? event : event + ": " + test.what;
      const std::string result =
          test.after ? fmt::format("arrived  {:>9.2f} ms", static_cast<double>(*test.after) / 1000)
                     : "MISSING";
      fmt::format_to(std::back_inserter(out_), "{:<49} {}\n", name, result);
    }
  }

  const DoctorReport& report_;
  std::string out_;
};

}  // namespace

std::string doctor_table(const DoctorReport& report) { return Table(report).run(); }

}  // namespace tcptrail::format
