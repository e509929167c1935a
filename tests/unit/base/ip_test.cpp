#include "base/ip.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>

#include "unit/support/result.h"

namespace tcptrail {
namespace {

using test::refused;
using test::succeeded;
using namespace std::string_literals;

std::string shown(const IpAddress& address) {
  std::string text;
  append_ip(text, address);
  return text;
}

std::string endpoint(const std::string& address, std::uint16_t port) {
  std::string text;
  append_endpoint(text, IpAddress::parse(address).value(), port);
  return text;
}

TEST(IpAddressTest, KeepsAnIpv4AddressMapped) {
  const auto address = IpAddress::parse("192.0.2.1");

  ASSERT_TRUE(succeeded(address));
  const std::array<std::uint8_t, 16> expected = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
  EXPECT_EQ(address->bytes(), expected);
  EXPECT_TRUE(address->is_v4());
}

TEST(IpAddressTest, KeepsAnIpv6AddressInNetworkOrder) {
  const auto address = IpAddress::parse("2001:db8::1");

  ASSERT_TRUE(succeeded(address));
  const std::array<std::uint8_t, 16> expected = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  EXPECT_EQ(address->bytes(), expected);
  EXPECT_FALSE(address->is_v4());
}

TEST(IpAddressTest, TakesMappedAndPlainIpv4ForTheSame) {
  EXPECT_EQ(IpAddress::parse("::ffff:192.0.2.1").value(), IpAddress::parse("192.0.2.1").value());
}

TEST(IpAddressTest, ShowsTheShortestForm) {
  for (const char* const text : {"0.0.0.0", "255.255.255.255", "10.0.0.1", "::", "::1", "2001:db8::1",
                                 "fe80::1ff:fe23:4567:890a", "1:2:3:4:5:6:7:8"}) {
    const auto address = IpAddress::parse(text);
    ASSERT_TRUE(succeeded(address));
    EXPECT_EQ(shown(*address), text);
  }
  EXPECT_EQ(shown(IpAddress::parse("2001:0DB8:0:0:0::0001").value()), "2001:db8::1");
  EXPECT_EQ(shown(IpAddress::parse("::ffff:10.0.0.1").value()), "10.0.0.1");
}

// Wherever the zeros are, and however long the groups between them.
TEST(IpAddressTest, ShowsIpv6AsTheCLibraryDoes) {
  for (const unsigned group : {0x1U, 0x20U, 0x300U, 0x4000U, 0xffffU}) {
    for (unsigned zeros = 0; zeros < 256; ++zeros) {
      std::array<std::uint8_t, 16> bytes{};
      for (unsigned i = 0; i < 8; ++i) {
        if ((zeros >> i & 1) != 0) continue;
        bytes.at(2 * i) = static_cast<std::uint8_t>(group >> 8);
        bytes.at(2 * i + 1) = static_cast<std::uint8_t>(group);
      }
      const IpAddress address(bytes);
      if (address.is_v4()) continue;
      std::array<char, INET6_ADDRSTRLEN> expected{};
      ::inet_ntop(AF_INET6, bytes.data(), expected.data(), expected.size());
      EXPECT_EQ(shown(address), expected.data());
    }
  }
}

TEST(IpAddressTest, RefusesWhatIsNone) {
  for (const char* const text :
       {"", " ", "1.2.3", "1.2.3.4.5", "256.0.0.1", "1.2.3.4 ", "01.2.3.4", "1.2.3.4/8",
        "::1::", "1:2:3:4:5:6:7:8:9", "[::1]", "fe80::1%lo", "12345::", "localhost"}) {
    EXPECT_TRUE(refused(IpAddress::parse(text), ErrorCode::kUsage, {"'"s + text + "'"}))
        << "of '" << text << "'";
  }
}

TEST(IpAddressTest, EscapesTheValueInTheError) {
  EXPECT_TRUE(refused(IpAddress::parse("1.2.3.4\n"), ErrorCode::kUsage, {R"('1.2.3.4\x0a')"}));
}

TEST(IpAddressTest, IsUnspecifiedInBothFamilies) {
  EXPECT_TRUE(IpAddress::parse("0.0.0.0").value().is_unspecified());
  EXPECT_TRUE(IpAddress::parse("::").value().is_unspecified());
  EXPECT_TRUE(IpAddress().is_unspecified());
  EXPECT_FALSE(IpAddress::parse("0.0.0.1").value().is_unspecified());
  EXPECT_FALSE(IpAddress::parse("::1").value().is_unspecified());
  EXPECT_FALSE(IpAddress::parse("8000::").value().is_unspecified());
}

TEST(EndpointTest, PutsIpv6InBrackets) {
  EXPECT_EQ(endpoint("192.0.2.1", 443), "192.0.2.1:443");
  EXPECT_EQ(endpoint("2001:db8::1", 443), "[2001:db8::1]:443");
  EXPECT_EQ(endpoint("::ffff:192.0.2.1", 65535), "192.0.2.1:65535");
}

TEST(EndpointTest, IsTheAddressAloneWithoutPort) {
  EXPECT_EQ(endpoint("192.0.2.1", 0), "192.0.2.1");
  EXPECT_EQ(endpoint("2001:db8::1", 0), "2001:db8::1");
}

struct CidrCase {
  const char* text;
  const char* address;
  int prefix_len;
};

TEST(CidrTest, CountsItsPrefixFromTheFirstOf128Bits) {
  for (const auto& [text, address, prefix_len] : {
           CidrCase{"10.0.0.0/8", "10.0.0.0", 104},
           CidrCase{"192.0.2.1", "192.0.2.1", 128},
           CidrCase{"192.0.2.1/32", "192.0.2.1", 128},
           CidrCase{"0.0.0.0/0", "0.0.0.0", 96},
           CidrCase{"2001:db8::/32", "2001:db8::", 32},
           CidrCase{"2001:db8::1", "2001:db8::1", 128},
           CidrCase{"::/0", "::", 0},
           CidrCase{"::ffff:10.0.0.0/104", "10.0.0.0", 104},
           CidrCase{"::ffff:0:0/96", "0.0.0.0", 96},
       }) {
    const auto net = parse_cidr(text);
    ASSERT_TRUE(succeeded(net)) << "of " << text;
    EXPECT_EQ(shown(net->address), address) << "of " << text;
    EXPECT_EQ(net->prefix_len, prefix_len) << "of " << text;
  }
}

TEST(CidrTest, ClearsTheBitsOfTheHost) {
  for (const auto& [text, address, prefix_len] : {
           CidrCase{"10.255.255.255/8", "10.0.0.0", 104},
           CidrCase{"192.0.2.255/25", "192.0.2.128", 121},
           CidrCase{"192.0.2.255/31", "192.0.2.254", 127},
           CidrCase{"1.2.3.4/0", "0.0.0.0", 96},
           CidrCase{"2001:db8:ffff::1/33", "2001:db8:8000::", 33},
           CidrCase{"ffff::/1", "8000::", 1},
           CidrCase{"2001:db8::1/0", "::", 0},
           CidrCase{"::ffff:10.1.2.3/95", "::fffe:0:0", 95},
       }) {
    const auto net = parse_cidr(text);
    ASSERT_TRUE(succeeded(net)) << "of " << text;
    EXPECT_EQ(shown(net->address), address) << "of " << text;
    EXPECT_EQ(net->prefix_len, prefix_len) << "of " << text;
  }
}

TEST(CidrTest, RefusesWhatIsNone) {
  for (const char* const text :
       {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8 ",
        "10.0.0.0/8/8", "10.0.0.0/0x8", "10.0.0.0/255.0.0.0", "10.0.0/8", "2001:db8::/129", "2001:db8::/",
        "example.org/8", "10.0.0.0/99999999999"}) {
    EXPECT_TRUE(refused(parse_cidr(text), ErrorCode::kUsage, {"'"s + text + "'"})) << "of '" << text << "'";
  }
}

TEST(CidrTest, RefusesAMinusEvenBeforeZero) {
  EXPECT_TRUE(refused(parse_cidr("10.0.0.0/-0"), ErrorCode::kUsage, {"'10.0.0.0/-0'"}));
}

TEST(CidrTest, RefusesWhatGoesOnAfterANul) {
  EXPECT_TRUE(refused(parse_cidr("10.0.0.1\0.example"s), ErrorCode::kUsage, {R"('10.0.0.1\x00.example')"}));
}

}  // namespace
}  // namespace tcptrail
