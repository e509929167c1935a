#include "enrich/name_table.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <string_view>
#include <utility>

#include "enrich/dns_message.h"

namespace tcptrail::enrich {

std::size_t NameTable::Hash::operator()(const Key& key) const {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes as the characters that are hashed
  const std::string_view bytes(reinterpret_cast<const char*>(key.address.bytes().data()),
                               key.address.bytes().size());
  return std::hash<std::string_view>()(bytes) ^ (std::size_t{key.netns} * 0x9e3779b97f4a7c15ULL);
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
      place->second = entries_.insert(entries_.end(), Entry{key, nullptr, 0, 0});
    } else {
      entries_.splice(entries_.end(), entries_, place->second);
    }
    Entry& entry = *place->second;
    // The same name again has had the address all the while.
    const bool goes_on = entry.name && *entry.name == *name && news.time < entry.until;
    entry.name = name;
    if (!goes_on) entry.since = news.time;
    entry.until = news.time + lasts;
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
  const Entry& entry = *found->second;
  // A later answer may have taken the place of one that counted then; nobody knows any more.
  return entry.since <= when && when < entry.until ? entry.name : nullptr;
}

}  // namespace tcptrail::enrich
