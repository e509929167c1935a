#include "watch.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace tcptrail::test::soak {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMostGrowthKib = 1024;
// Of processes that ended it keeps so many, for events that come late (ProcessTableLimits), each with so much
// memory, where it ran what its parent did.
constexpr std::int64_t kMostKeptProcesses = 16'384;
constexpr std::int64_t kKeptPerKib = 2;

fs::path directory_of(pid_t pid) { return fs::path("/proc") / std::to_string(pid); }

std::int64_t anonymous_memory_of(pid_t pid) {
  std::istringstream words(read_whole(directory_of(pid) / "status"));
  for (std::string word; words >> word;) {
    std::int64_t kib = 0;
    if (word == "RssAnon:" && words >> kib) return kib;
  }
  throw std::runtime_error("the tracer has ended");  // a zombie has none
}

std::int64_t descriptors_of(pid_t pid) {
  return std::distance(fs::directory_iterator(directory_of(pid) / "fd"), fs::directory_iterator());
}

// Processes and threads that the machine has ever started.
std::int64_t starts_of_machine() {
  std::istringstream words(read_whole("/proc/stat"));
  for (std::string word; words >> word;) {
    std::int64_t count = 0;
    if (word == "processes" && words >> count) return count;
  }
  throw std::runtime_error("/proc/stat: it has no line 'processes'");
}

std::string in_mib(std::int64_t kib) {
  std::ostringstream text;
  text.precision(2);
  text << std::fixed << static_cast<double>(kib) / 1024;
  return text.str();
}

}  // namespace

Watch::Sample Watch::take() const {
  return {anonymous_memory_of(tracer_), descriptors_of(tracer_), starts_of_machine()};
}

void Watch::begin() {
  first_ = last_ = take();
  fewest_descriptors_ = most_descriptors_ = first_.descriptors;
}

void Watch::sample() {
  last_ = take();
  fewest_descriptors_ = std::min(fewest_descriptors_, last_.descriptors);
  most_descriptors_ = std::max(most_descriptors_, last_.descriptors);
}

std::string Watch::complaint() const {
  std::string text;
  const std::int64_t starts = last_.starts - first_.starts;
  if (last_.kib - first_.kib > kMostGrowthKib + std::min(starts, kMostKeptProcesses) / kKeptPerKib)
    text += "its memory grew from " + in_mib(first_.kib) + " to " + in_mib(last_.kib) + " MiB, while " +
            std::to_string(starts) + " processes began";
  if (fewest_descriptors_ != most_descriptors_)
    text += (text.empty() ? "" : "; ") + std::string("it had from ") + std::to_string(fewest_descriptors_) +
            " to " + std::to_string(most_descriptors_) + " descriptors";
  return text;
}

std::string Watch::text() const {
  return "RssAnon " + in_mib(first_.kib) + " to " + in_mib(last_.kib) + " MiB, " +
         std::to_string(last_.descriptors) + " fds, " + std::to_string(last_.starts - first_.starts) +
         " processes";
}

std::string remembered(const TracerMaps& maps, const std::set<std::uint64_t>& namespaces) {
  std::string text;
  const auto add = [&](std::size_t count, const std::string& what) {
    if (count != 0) text += std::to_string(count) + " " + what + "; ";
  };
  for (const std::uint64_t netns : namespaces) {
    add(maps.sockets_of(netns), "sockets of netns " + std::to_string(netns));
    add(maps.listeners_of(netns), "listeners of netns " + std::to_string(netns));
  }
  add(maps.calls_of_the_dead(), "calls of the dead");
  return text + maps.miscounts();
}

}  // namespace tcptrail::test::soak
