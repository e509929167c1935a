#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tcptrail::model {

// What an event tells. The first ones are counted by kind from the kernel to the output.
enum class Kind : std::uint8_t {
  kAttempt,
  kConnect,
  kFail,
  kPending,
  kAccept,
  kClose,
  kReject,
  kListen,
  kUnlisten,
  kSnapshot,
  kExec,
  kExit,
  kUnknown,  // counted only: the kernel skipped a program, so nobody knows what happened
  kFlood,
  kLost,
  kStats,
};

constexpr std::size_t kTracedKinds = 12;
constexpr std::size_t kCountedKinds = 13;

// The name in every output, and in --events.
std::string_view name_of(Kind kind);
// One of the traced kinds by its name.
std::optional<Kind> kind_named(std::string_view name);

// A set of traced kinds.
class KindSet {
 public:
  constexpr KindSet() = default;
  constexpr KindSet(std::initializer_list<Kind> kinds) {
    for (const Kind kind : kinds) add(kind);
  }
  static constexpr KindSet all() {
    KindSet set;
    set.bits_ = (1U << kTracedKinds) - 1;
    return set;
  }
  // Those that sockets cause: all but what processes do.
  static constexpr KindSet of_sockets() { return all().without({Kind::kExec, Kind::kExit}); }
  constexpr void add(Kind kind) { bits_ |= 1U << static_cast<unsigned>(kind); }
  constexpr bool has(Kind kind) const { return (bits_ >> static_cast<unsigned>(kind) & 1U) != 0; }
  constexpr bool intersects(KindSet other) const { return (bits_ & other.bits_) != 0; }
  constexpr KindSet only(KindSet other) const {
    KindSet set;
    set.bits_ = bits_ & other.bits_;
    return set;
  }
  constexpr KindSet without(KindSet other) const {
    KindSet set;
    set.bits_ = bits_ & ~other.bits_;
    return set;
  }
  // Bit n is the kind with value n.
  constexpr std::uint32_t bits() const { return bits_; }
  constexpr bool operator==(const KindSet&) const = default;

 private:
  std::uint32_t bits_ = 0;
};

std::vector<std::string_view> names_of(KindSet kinds);

// A number for each counted kind.
class KindCounts {
 public:
  std::uint64_t& operator[](Kind kind) { return counts_[static_cast<std::size_t>(kind)]; }
  std::uint64_t operator[](Kind kind) const { return counts_[static_cast<std::size_t>(kind)]; }
  KindCounts& operator+=(const KindCounts& other);
  KindCounts& operator-=(const KindCounts& other);
  bool any() const;
  bool operator==(const KindCounts&) const = default;

 private:
  std::array<std::uint64_t, kCountedKinds> counts_{};
};

// Where every event went. For each kind: seen = emitted + filtered + flooded + lost.
struct Accounting {
  KindSet kinds;  // those asked for: the others are not seen
  KindCounts seen, emitted, filtered, flooded, lost;
};

// The kinds that a count is shown for: those asked for, and `unknown` where there are any.
std::vector<Kind> shown_kinds(const Accounting& accounting);

}  // namespace tcptrail::model
