#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tcptrail::model {

// The thread's name, as the process chose it: any bytes.
class Comm {
 public:
  Comm() = default;
  explicit Comm(std::string_view name);
  std::string_view view() const { return {bytes_.data(), size_}; }
  bool operator==(const Comm& other) const { return view() == other.view(); }

 private:
  std::array<char, 16> bytes_{};
  std::uint8_t size_ = 0;
};

}  // namespace tcptrail::model
