#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/ip.h"

namespace tcptrail::enrich {

// What a DNS message says the addresses of a name are.
struct DnsAnswers {
  std::string name;  // that was asked for: lower case, without the dot at its end, unusual bytes as \DDD
  std::vector<IpAddress> addresses;
  std::uint32_t ttl = 0;  // seconds: the smallest of all that led there
};

// Of a message as it was received, which is not trusted. Empty where it is none, no answer, tells of an
// error, or has no addresses of the name that was asked for, directly or by aliases (CNAME). At most 64
// addresses and 16 aliases.
DnsAnswers parse_dns(std::span<const std::uint8_t> message);

}  // namespace tcptrail::enrich
