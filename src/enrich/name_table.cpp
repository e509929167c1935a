#include "enrich/name_table.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <random>
#include <utility>

#include "enrich/dns_message.h"

namespace tcptrail::enrich {

NameTable::Hash::Hash() {
  std::random_device random;
  for (std::uint64_t& factor : factors_) factor = (std::uint64_t{random()} << 32U) | random();
}

std::size_t NameTable::Hash::operator()(const Key& key) const {
  std::array<std::uint32_t, kWords - 1> words{};
  std::memcpy(words.data(), key.address.bytes().data(), sizeof(words));
  std::uint64_t sum = factors_[0] * key.netns + factors_[kWords];
  for (std::size_t i = 0; i < words.size(); ++i) sum += factors_[i + 1] * words[i];
  return sum >> 32U;
}

void NameTable::learn(const model::DnsAnswer& news) {
  DnsAnswers answers = parse_dns(news.message);
  if (answers.addresses.empty()) return;
  const auto name = std::make_shared<const std::string>(std::move(answers.name));
  const UnixNs lasts = std::clamp(UnixNs{answers.ttl} * 1'000'000'000, limits_.least, limits_.most);
  for (const IpAddress& address : answers.addresses) {
    const Key key{news.netns, address};
    const auto [place, fresh] = by_key_.try_emplace(key);
    if (fresh) {
      place->second = entries_.insert(entries_.end(), Entry{key, {}, {}});
    } else {
      entries_.splice(entries_.end(), entries_, place->second);
    }
    Entry& entry = *place->second;
    // The same name again has had the address all the while.
    const bool goes_on = entry.now.name && *entry.now.name == *name && news.time < entry.now.until;
    if (!goes_on) {
      entry.before = std::move(entry.now);
      entry.before.until = std::min(entry.before.until, news.time);
      entry.now.since = news.time;
    }
    entry.now.name = name;
    entry.now.until = news.time + lasts;
  }
  while (entries_.size() > limits_.names) {
    by_key_.erase(entries_.front().key);
    entries_.pop_front();
    ++evicted_;
  }
}

std::shared_ptr<const std::string> NameTable::find(std::uint32_t netns, const IpAddress& address,
                                                   UnixNs when) const {
  if (by_key_.empty()) return nullptr;
  const auto found = by_key_.find({netns, address});
  if (found == by_key_.end()) return nullptr;
  // That of longer ago has given way: nobody knows any more.
  for (const Span* span : {&found->second->now, &found->second->before})
    if (span->since <= when && when < span->until) return span->name;
  return nullptr;
}

}  // namespace tcptrail::enrich
