#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tcptrail {

// An address in network order; an IPv4 one as ::ffff:a.b.c.d.
class IpAddress {
 public:
  IpAddress() = default;
  explicit IpAddress(const std::array<std::uint8_t, 16>& bytes) : bytes_(bytes) {}
  // Accepts what inet_pton accepts for either family.
  static Result<IpAddress> parse(std::string_view text);

  bool is_v4() const;
  // 0.0.0.0 or ::
  bool is_unspecified() const;
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  bool operator==(const IpAddress&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

// Appends "192.0.2.1" or "2001:db8::1".
void append_ip(std::string& out, const IpAddress& address);
// Appends "192.0.2.1:443" or "[2001:db8::1]:443"; without the port (and brackets) where it is 0.
void append_endpoint(std::string& out, const IpAddress& address, std::uint16_t port);

// A network. prefix_len counts from the first of the 128 bits, so an IPv4 /8 is 104 here.
struct Cidr {
  IpAddress address;  // bits past the prefix are zero
  std::uint8_t prefix_len = 0;
  bool operator==(const Cidr&) const = default;
};

// "10.0.0.0/8", "2001:db8::/32"; an address alone is a network of one.
Result<Cidr> parse_cidr(std::string_view text);

}  // namespace tcptrail
