#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/ip.h"
#include "model/news.h"

namespace tcptrail::enrich {

struct NameTableLimits {
  std::size_t names = 65'536;  // the one that was learnt first gives way
  // How long an answer counts is its own time to live within these: a program may well connect a while
  // later to what it has looked up, and an address that was a name's yesterday need not be today.
  UnixNs least = 60'000'000'000;
  UnixNs most = 86'400'000'000'000;
};

// The names that this host resolved to addresses, by network namespace. The last answer counts, and the one
// before it for what was connected before. Bounded. One thread.
class NameTable {
 public:
  explicit NameTable(const NameTableLimits& limits = NameTableLimits{}) : limits_(limits) {}

  // An answer that cannot be read, or has no address, changes nothing.
  void learn(const model::DnsAnswer& news);
  // The name that was last resolved to this address there, as of that time; or null. No allocation.
  std::shared_ptr<const std::string> find(std::uint32_t netns, const IpAddress& address, UnixNs when) const;
  std::size_t size() const { return entries_.size(); }
  std::uint64_t evicted() const { return evicted_; }

 private:
  struct Key {
    std::uint32_t netns;
    IpAddress address;
    bool operator==(const Key&) const = default;
  };
  // Whoever can have names resolved chooses the addresses: so by numbers that nobody else knows.
  // Multiply-shift for vectors, which is strongly universal (Dietzfelbinger 1996).
  class Hash {
   public:
    Hash();
    std::size_t operator()(const Key& key) const;

   private:
    static constexpr std::size_t kWords = 5;  // the namespace, and the address
    std::array<std::uint64_t, kWords + 1> factors_{};
  };
  struct Span {
    std::shared_ptr<const std::string> name;
    UnixNs since = 0, until = 0;
  };
  struct Entry {
    Key key;
    Span now, before;  // before: of another name, or of the same after a while in which it did not count
  };

  NameTableLimits limits_;
  std::list<Entry> entries_;  // the one that was learnt last comes last
  std::unordered_map<Key, std::list<Entry>::iterator, Hash> by_key_;
  std::uint64_t evicted_ = 0;
};

}  // namespace tcptrail::enrich
