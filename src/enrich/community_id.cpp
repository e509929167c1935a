#include "enrich/community_id.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <tuple>

namespace tcptrail::enrich {
namespace {

constexpr std::uint8_t kTcp = 6;
constexpr std::size_t kDigest = 20;

// SHA-1, fetched once: to look it up by name at each call takes longer than the rest.
class Sha1 {
 public:
  bool digest(std::span<const std::uint8_t> data, std::array<std::uint8_t, kDigest>& out) {
    return context_ && sha1_ && EVP_DigestInit_ex2(context_.get(), sha1_.get(), nullptr) == 1 &&
           EVP_DigestUpdate(context_.get(), data.data(), data.size()) == 1 &&
           EVP_DigestFinal_ex(context_.get(), out.data(), nullptr) == 1;
  }

 private:
  struct Free {
    void operator()(EVP_MD* md) const { EVP_MD_free(md); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD, Free> sha1_{EVP_MD_fetch(nullptr, "SHA1", nullptr)};
  std::unique_ptr<EVP_MD_CTX, Free> context_{EVP_MD_CTX_new()};
};

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

  static thread_local Sha1 sha1;
  std::array<std::uint8_t, kDigest> digest{};
  if (!sha1.digest(input.bytes(), digest)) return std::nullopt;
  std::array<unsigned char, 29> base64{};  // 28 and a NUL
  EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(digest.size()));
  model::CommunityId id;
  id.text[0] = '1';
  id.text[1] = ':';
  std::copy_n(base64.begin(), 28, id.text.begin() + 2);
  return id;
}

}  // namespace tcptrail::enrich
