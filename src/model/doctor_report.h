#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/event.h"
#include "model/kind.h"

// What `tcptrail doctor` finds out, as plain values. What is not known is nullopt.
namespace tcptrail::model {

struct KernelReport {
  std::string release, machine;         // as uname has them
  std::optional<std::string> lockdown;  // none, integrity or confidentiality
  std::string lockdown_unknown;         // why it is nullopt
  bool btf = false;
  std::vector<std::string> missing_capabilities;
  // Not known where BTF or a capability is missing: then nothing was tried.
  std::optional<bool> tracefs, trampolines, kprobes, modern, allocating, preemptible;
};

// One way to hear of an event.
struct HookReport {
  std::string family;
  std::vector<std::string> programs;  // names in the BPF object
  std::vector<std::string> attach;    // where they are attached, such as "fexit/__sys_connect_file"
};

struct RejectedHook {
  HookReport hook;
  std::string reason;
};

// A logical event of the kernel.
struct EventReport {
  std::string event;
  KindSet serves;                  // kinds that cannot be told without it
  KindSet completes;               // kinds that some cases of are told by it
  std::string_view adds;           // what it adds to events of all kinds; empty: nothing
  bool needed = false;             // tracing all kinds fails without it
  std::optional<HookReport> hook;  // the chosen one
  std::vector<RejectedHook> rejected;
};

struct SelfTestReport {
  Kind event = Kind::kAttempt;
  std::string what;                   // of the event, such as "no route"; empty: the plain case
  std::optional<Microseconds> after;  // from the deed to the event in our hands; nullopt: it never arrived
};

struct DoctorReport {
  KernelReport kernel;
  std::vector<EventReport> events;
  std::optional<std::vector<SelfTestReport>> self_test;  // nullopt: it did not run
  std::optional<std::string> problem;                    // why tracing does not work here
};

}  // namespace tcptrail::model
