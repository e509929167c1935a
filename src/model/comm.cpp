#include "model/comm.h"

#include <algorithm>

namespace tcptrail::model {

Comm::Comm(std::string_view name) {
  name = name.substr(0, std::min(name.find('\0'), bytes_.size()));
  std::copy(name.begin(), name.end(), bytes_.begin());
  size_ = static_cast<std::uint8_t>(name.size());
}

}  // namespace tcptrail::model
