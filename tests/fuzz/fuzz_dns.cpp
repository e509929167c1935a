// Any bytes as a DNS message: what is read from it keeps to its bounds.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/text.h"
#include "enrich/dns_message.h"
#include "fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using tcptrail::fuzz::check;
  const auto answers = tcptrail::enrich::parse_dns(std::span(data, size));
  check(answers.addresses.size() <= 64, "too many addresses", "");
  check(answers.addresses.empty() == answers.name.empty(),
        "a name without addresses, or addresses without one", "");
  // 255 bytes on the wire, of which each may become \\DDD.
  check(answers.name.size() <= 4 * 255, "a name that is too long", answers.name);
  check(tcptrail::escape_text(answers.name).find('\n') == std::string::npos, "a name of two lines",
        answers.name);
  return 0;
}
