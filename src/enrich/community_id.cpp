#include "enrich/community_id.h"

#include <nettle/base64.h>
#include <nettle/sha1.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <tuple>

namespace tcptrail::enrich {
namespace {

constexpr std::uint8_t kTcp = 6;

// What is hashed: seed, addresses, protocol, a zero, ports; in network order, the smaller end first.
class Input {
 public:
  template <typename Bytes>
  void add(const Bytes& bytes) {
    std::copy(bytes.begin(), bytes.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += bytes.size();
  }
  void add(std::uint16_t value) {
    add(std::array{static_cast<std::uint8_t>(value >> 8U), static_cast<std::uint8_t>(value & 0xffU)});
  }
  std::span<const std::uint8_t> bytes() const { return std::span(bytes_).first(size_); }

 private:
  std::array<std::uint8_t, 2 + 16 + 16 + 2 + 2 + 2> bytes_{};
  std::size_t size_ = 0;
};

// 4 bytes of an IPv4 address, 16 of another.
std::span<const std::uint8_t> wire_bytes(const IpAddress& address) {
  const std::span<const std::uint8_t, 16> all(address.bytes());
  return address.is_v4() ? all.last(4) : all.first(16);
}

}  // namespace

std::optional<model::CommunityId> community_id(const model::Connection& connection) {
  if (!connection.local_ip || !connection.remote_ip || !connection.local_port || !connection.remote_port)
    return std::nullopt;
  std::tuple smaller(wire_bytes(*connection.local_ip), *connection.local_port);
  std::tuple larger(wire_bytes(*connection.remote_ip), *connection.remote_port);
  const auto& [a, a_port] = smaller;
  const auto& [b, b_port] = larger;
  const int order =
      a.size() == b.size() ? std::memcmp(a.data(), b.data(), a.size()) : (a.size() < b.size() ? -1 : 1);
  if (order > 0 || (order == 0 && a_port > b_port)) std::swap(smaller, larger);

  Input input;
  input.add(std::uint16_t{0});
  input.add(std::get<0>(smaller));
  input.add(std::get<0>(larger));
  input.add(std::array<std::uint8_t, 2>{kTcp, 0});
  input.add(std::get<1>(smaller));
  input.add(std::get<1>(larger));

  sha1_ctx sha1{};
  std::array<std::uint8_t, SHA1_DIGEST_SIZE> digest{};
  sha1_init(&sha1);
  sha1_update(&sha1, input.bytes().size(), input.bytes().data());
  sha1_digest(&sha1, digest.size(), digest.data());
  model::CommunityId id;
  static_assert(2 + BASE64_ENCODE_RAW_LENGTH(SHA1_DIGEST_SIZE) == std::tuple_size_v<decltype(id.text)>);
  id.text[0] = '1';
  id.text[1] = ':';
  base64_encode_raw(id.text.data() + 2, digest.size(), digest.data());
  return id;
}

}  // namespace tcptrail::enrich
