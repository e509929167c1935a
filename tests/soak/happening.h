#pragma once
// One event, as those who cause it and the tracer can both state it: by this they are compared.

#include <sys/types.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "support/event.h"

namespace tcptrail::test::soak {

// A short text in place, for happenings lie in memory that processes share. What is longer is cut.
class Word {
 public:
  Word() = default;
  template <std::convertible_to<std::string_view> Text>
  Word(const Text& text) {
    const std::string_view whole = text;
    std::copy_n(whole.begin(), std::min(whole.size(), text_.size() - 1), text_.begin());
  }
  std::string_view text() const { return text_.data(); }
  bool operator==(const Word&) const = default;
  bool operator<(const Word& other) const { return text_ < other.text_; }

 private:
  std::array<char, 24> text_{};
};

struct Owner {
  pid_t pid = 0;  // 0: no process is known
  uid_t uid = 0;
};

struct Happening {
  Word kind;
  Word how;  // of `close` its end, of `fail` its reason
  Word direction;
  Word address;            // the remote end's; a listener's own
  std::uint16_t port = 0;  // the server's
  Owner owner;
  std::uint64_t netns = 0;
};
bool operator<(const Happening& left, const Happening& right);

using Tally = std::map<Happening, std::int64_t>;

Happening happening_of(const Event& event);  // of a `flood`, one of those that it sums up
std::string describe(const Happening& happening);

}  // namespace tcptrail::test::soak
