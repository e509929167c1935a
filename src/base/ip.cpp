#include "base/ip.h"

#include <arpa/inet.h>
#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "base/text.h"

namespace tcptrail {
namespace {

constexpr std::array<std::uint8_t, 12> kV4Prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

using Bytes = std::array<std::uint8_t, 16>;
using Groups = std::array<std::uint16_t, 8>;

Groups groups_of(const Bytes& bytes) {
  Groups groups{};
  for (std::size_t i = 0; i < groups.size(); ++i)
    groups[i] = static_cast<std::uint16_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  return groups;
}

struct Run {
  std::size_t begin = 0;
  std::size_t size = 0;
  std::size_t end() const { return begin + size; }
};

// What "::" stands for (RFC 5952): the longest run of zeros, the first among equals, never one alone.
Run longest_zeros(const Groups& groups) {
  Run longest, run;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    run = groups[i] == 0 ? Run{run.begin, run.size + 1} : Run{i + 1, 0};
    if (run.size > longest.size) longest = run;
  }
  return longest.size > 1 ? longest : Run{groups.size(), 0};
}

void append_v4(std::string& out, const Bytes& bytes) {
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("{}.{}.{}.{}"), bytes[12], bytes[13], bytes[14],
                 bytes[15]);
}

// As inet_ntop() has it, which goes through sprintf() for each group: a third of all the time with IPv6
// alone.
void append_v6(std::string& out, const Bytes& bytes) {
  const Groups groups = groups_of(bytes);
  const Run zeros = longest_zeros(groups);
  const bool ends_like_v4 = zeros.begin == 0 && zeros.size == 6;
  const std::size_t count = ends_like_v4 ? zeros.size : groups.size();
  for (std::size_t i = 0; i < count;) {
    if (i == zeros.begin) {
      out += "::";
      i = zeros.end();
    } else {
      if (i > 0 && i != zeros.end()) out += ':';
      fmt::format_to(std::back_inserter(out), FMT_COMPILE("{:x}"), groups[i++]);
    }
  }
  if (ends_like_v4) append_v4(out, bytes);
}

}  // namespace

Result<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string terminated(text);
  const bool whole = text.find('\0') == std::string_view::npos;  // inet_pton would not see past it
  std::array<std::uint8_t, 16> bytes{};
  if (whole && inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return IpAddress(bytes);
  std::copy(kV4Prefix.begin(), kV4Prefix.end(), bytes.begin());
  if (whole && inet_pton(AF_INET, terminated.c_str(), &bytes[kV4Prefix.size()]) == 1) return IpAddress(bytes);
  return fail(ErrorCode::kUsage, fmt::format("'{}' is not an IP address", escape_text(text)));
}

bool IpAddress::is_v4() const { return std::equal(kV4Prefix.begin(), kV4Prefix.end(), bytes_.begin()); }

bool IpAddress::is_unspecified() const {
  const std::size_t from = is_v4() ? kV4Prefix.size() : 0;
  return std::all_of(bytes_.begin() + static_cast<std::ptrdiff_t>(from), bytes_.end(),
                     [](std::uint8_t byte) { return byte == 0; });
}

void append_ip(std::string& out, const IpAddress& address) {
  (address.is_v4() ? append_v4 : append_v6)(out, address.bytes());
}

void append_endpoint(std::string& out, const IpAddress& address, std::uint16_t port) {
  const bool brackets = port != 0 && !address.is_v4();
  if (brackets) out += '[';
  append_ip(out, address);
  if (brackets) out += ']';
  if (port == 0) return;
  out += ':';
  append_number(out, port);
}

Result<Cidr> parse_cidr(std::string_view text) {
  const auto slash = text.find('/');
  auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) {
    return fail(ErrorCode::kUsage, fmt::format("'{}' is not a network such as 192.0.2.0/24 or 2001:db8::/32",
                                               escape_text(text)));
  }
  // A mapped address written out is an IPv6 network: its prefix counts all 128 bits.
  const bool v4 = text.find(':') == std::string_view::npos;
  const int width = v4 ? 32 : 128;
  int prefix = width;
  if (slash != std::string_view::npos) {
    const auto parsed = parse_number<std::uint8_t>(text.substr(slash + 1));
    if (!parsed || *parsed > width) {
      return fail(ErrorCode::kUsage,
                  fmt::format("'{}': the prefix length must be 0 to {}", escape_text(text), width));
    }
    prefix = *parsed;
  }
  prefix += 128 - width;
  auto bytes = address->bytes();
  for (int bit = prefix; bit < 128; ++bit) {
    auto& byte = bytes[static_cast<std::size_t>(bit / 8)];
    byte = static_cast<std::uint8_t>(byte & ~(0x80 >> (bit % 8)));
  }
  return Cidr{IpAddress(bytes), static_cast<std::uint8_t>(prefix)};
}

}  // namespace tcptrail
