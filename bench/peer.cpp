#include "peer.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "files.h"
#include "output.h"

namespace tcptrail::bench {

Peer::Peer(const PeerTool& tool, const std::filesystem::path& directory)
    : tool_(tool), output_(directory / (tool.name + ".out")), errors_(directory / (tool.name + ".err")) {
  result_.name = tool.name;
  result_.ours = tool.ours;
  if (::access(tool.command[0].c_str(), X_OK) != 0) {
    fail(tool.command[0] + " is not there");
    return;
  }
  const auto output = create_file(output_), errors = create_file(errors_);
  file_.open(output_);
  process_.emplace(Command{.arguments = tool.command,
                           .environment = tool.environment,
                           .standard_output = output.get(),
                           .standard_error = errors.get()});
}

bool Peer::await_first_event(std::uint16_t port) {
  if (!at_work() || has_seen_) return false;
  read_on();
  const std::chrono::duration<double> elapsed = Clock::now() - started_;
  if (client_lines(port) > 0) {
    has_seen_ = true;
    result_.first_event_seconds = elapsed.count();
    fmt::print(stderr, "{}: first event after {:.1f} s\n", tool_.name, elapsed.count());
  } else if (process_->ended()) {
    fail("it ended at its start");
  } else if (elapsed > tool_.start_limit) {
    fail("it told no event within its time");
  }
  return at_work() && !has_seen_;
}

void Peer::begin_load() {
  programs_ = Programs::of_process(process_->pid());
  run_time_before_ = programs_.nanoseconds();
}

void Peer::end_load(std::uint64_t connections) {
  result_.bpf_ns_per_connection.push_back((programs_.nanoseconds() - run_time_before_) /
                                          static_cast<double>(connections));
}

PeerResult Peer::finish(const std::vector<std::uint16_t>& load_ports, std::uint64_t connections) {
  if (!at_work()) return result_;
  result_.memory = memory_of(process_->pid());
  if (process_->ended()) fail("it ended while it was at work");
  process_->stop();
  read_on();
  for (const auto port : load_ports)
    result_.missing_lines += static_cast<std::int64_t>(connections * tool_.client_lines) - client_lines(port);
  result_.reported_lost = reported_lost(tool_.loss_report, last_line_of(output_), errors_);
  return result_;
}

void Peer::read_on() {
  std::array<char, 4096> piece{};
  while (file_.read(piece.data(), piece.size()), file_.gcount() > 0)
    unread_.append(piece.data(), static_cast<std::size_t>(file_.gcount()));
  file_.clear();  // more may come after what was the end
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = unread_.find('\n', begin)) != std::string::npos; begin = end + 1)
    if (const auto sighting = reader_.read(std::string_view(unread_).substr(begin, end - begin)))
      result_.printed.push_back(*sighting);
  unread_.erase(0, begin);
}

void Peer::fail(const std::string& what) {
  if (process_) process_->stop();  // and so has written all that it has to say
  const auto words = last_line_of(errors_);
  result_.failure = words.empty() ? what : what + "; it says: " + words;
  fmt::print(stderr, "{}: {}\n", tool_.name, result_.failure);
}

// The other end's lines are left out: how many states it goes through depends on who is quicker.
std::int64_t Peer::client_lines(std::uint16_t port) const {
  return std::count_if(result_.printed.begin(), result_.printed.end(),
                       [&](const Sighting& one) { return one.remote_port == port; });
}

}  // namespace tcptrail::bench
