#pragma once
// The family of hooks that a run of the tests is about.

#include <string>
#include <string_view>

namespace tcptrail::test {

enum class Family { kFentry, kKprobe, kTracepoint };

inline constexpr Family kFamilies[] = {Family::kFentry, Family::kKprobe, Family::kTracepoint};

std::string_view name_of(Family family);  // as --hooks has it

// $TCPTRAIL_HOOKS; where it is not set, tracepoint. Throws on a name that is none.
Family family_under_test();

// False where no hook of the family tells of rejects on this kernel. Who runs the tests knows that from
// doctor, and says so by $TCPTRAIL_UNSEEN=reject.
bool sees_rejects();

// What `doctor --json` says of this kernel and the family under test: the file $TCPTRAIL_PLAN, where who runs
// the tests has asked already.
std::string plan_under_test();

}  // namespace tcptrail::test
