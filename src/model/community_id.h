#pragma once

#include <array>
#include <string_view>

namespace tcptrail::model {

// Community ID v1 as text: "1:" and 28 characters of base64.
struct CommunityId {
  std::array<char, 30> text{};
  std::string_view view() const { return {text.data(), text.size()}; }
};

}  // namespace tcptrail::model
