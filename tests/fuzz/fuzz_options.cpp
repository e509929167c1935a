// Lines of the input as values of trace's options: the first character of each says of which.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip.h"
#include "base/text.h"
#include "cli/trace_options.h"
#include "fuzz/check.h"

namespace {

using tcptrail::cli::TraceArguments;
using tcptrail::fuzz::check;

// Not users, cgroups and network namespaces: they ask the system, by what name the fuzzer likes.
void take(TraceArguments& arguments, std::string_view line) {
  if (line.empty()) return;
  const std::string value(line.substr(1));
  switch (line[0]) {
    case 'P':
      return arguments.ports.push_back(value);
    case 'l':
      return arguments.local_ports.push_back(value);
    case 'r':
      return arguments.remote_ports.push_back(value);
    case 'n':
      return arguments.nets.push_back(value);
    case 'p':
      return arguments.pids.push_back(value);
    case 'e':
      return arguments.events.push_back(value);
    case 'o':
      arguments.output = value;
      return;
    case 'd':
      arguments.duration = value;
      return;
    case 'c':
      arguments.count = value;
      return;
    case 'b':
      arguments.buffer = value;
      return;
    default:
      return;
  }
}

void check_ranges(const std::vector<tcptrail::model::PortRange>& ranges) {
  for (const auto& range : ranges)
    check(range.first != 0 && range.first <= range.last, "a bad range of ports", "");
}

void check_nets(const std::vector<tcptrail::Cidr>& nets) {
  for (const tcptrail::Cidr& net : nets) {
    std::string text;
    tcptrail::append_ip(text, net.address);
    const int shown = net.address.is_v4() && net.prefix_len >= 96 ? net.prefix_len - 96 : net.prefix_len;
    // As an IPv6 network where the prefix is too short for an IPv4 one.
    if (net.address.is_v4() && net.prefix_len < 96) text = "::ffff:" + text;
    text += "/" + std::to_string(shown);
    const auto again = tcptrail::parse_cidr(text);
    check(again && *again == net, "a network that is not the same when it is read again", text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  TraceArguments arguments;
  const std::string text(data, data + size);
  for (const std::string_view line : tcptrail::split(text, '\n')) take(arguments, line);

  const auto options = tcptrail::cli::check_trace_options(arguments);
  if (!options) {
    const std::string& message = options.error().message;
    check(options.error().code == tcptrail::ErrorCode::kUsage && !message.empty(), "not an error of usage",
          message);
    check(message.find('\x1b') == std::string::npos, "an error that a terminal obeys", message);
    return 0;
  }
  check_ranges(options->filter.ports);
  check_ranges(options->filter.local_ports);
  check_ranges(options->filter.remote_ports);
  check_nets(options->filter.remote_nets);
  check(!(options->kinds == tcptrail::model::KindSet{}), "no kinds at all", "");
  check(options->buffer_bytes >= 1 << 20 && (options->buffer_bytes & (options->buffer_bytes - 1)) == 0,
        "a ring buffer of a size that is none", "");
  check(!options->duration_s || *options->duration_s > 0, "a duration that is none", "");
  return 0;
}
