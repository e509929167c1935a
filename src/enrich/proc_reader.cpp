#include "enrich/proc_reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <string_view>

#include "base/text.h"
#include "base/unique_fd.h"

namespace tcptrail::enrich {
namespace {

constexpr std::size_t kMostStat = 4096;
constexpr std::size_t kMostStatus = 64 * 1024;  // a line of it lists all groups
constexpr std::size_t kMostArgs = 4096;         // as much as the kernel programs read
constexpr std::string_view kDeleted = " (deleted)";
constexpr std::string_view kMemfd = "/memfd:";

model::BootNs tick_ns() {
  static const auto kTicks = static_cast<model::BootNs>(std::max(1L, ::sysconf(_SC_CLK_TCK)));
  return 1'000'000'000 / kTicks;
}

bool strip_suffix(std::string& text, std::string_view suffix) {
  if (!std::string_view(text).ends_with(suffix)) return false;
  text.resize(text.size() - suffix.size());
  return true;
}

// "NSpid:\t12\t3\n" → 3: in its own namespace, the last of all.
std::optional<std::uint32_t> innermost_pid(std::string_view status) {
  static constexpr std::string_view kKey = "\nNSpid:";
  const std::size_t at = status.find(kKey);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view line = status.substr(at + kKey.size());
  if (line.find('\n') == std::string_view::npos) return std::nullopt;  // it is cut
  line = line.substr(0, line.find('\n'));
  return parse_number<std::uint32_t>(line.substr(line.find_last_of(" \t") + 1));
}

std::vector<std::string> split_args(std::string_view text) {
  std::vector<std::string> args;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\0'), text.size());
    args.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return args;
}

}  // namespace

bool may_be_of(model::BootNs start, model::StartMark mark) {
  // The clock of the mark and that of /proc are one, but /proc cuts it to whole ticks.
  const model::StartMark first = model::start_mark(start);
  const model::StartMark last = model::start_mark(start + tick_ns());
  return (mark - first) % model::kStartMarks <= (last - first) % model::kStartMarks;  // they wrap
}

struct ProcReader::Stat {
  model::Comm comm;
  std::uint32_t parent = 0, session = 0;
  model::BootNs start = 0;
};

std::string ProcReader::path(std::uint32_t pid, std::string_view name) const {
  return fmt::format("{}/{}/{}", root_, pid, name);
}

std::string ProcReader::file(std::uint32_t pid, std::string_view name, std::size_t most) const {
  const UniqueFd fd(::open(path(pid, name).c_str(), O_RDONLY | O_CLOEXEC));
  std::string text(fd ? most : 0, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(fd.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

std::string ProcReader::link(std::uint32_t pid, std::string_view name) const {
  std::array<char, PATH_MAX> target{};
  const ssize_t size = ::readlink(path(pid, name).c_str(), target.data(), target.size());
  return size <= 0 ? std::string() : std::string(target.data(), static_cast<std::size_t>(size));
}

// "12 (a) b) S 1 12 12 …": the name may hold anything, so the last parenthesis ends it. Fields 3 and on
// follow.
std::optional<ProcReader::Stat> ProcReader::stat(std::uint32_t pid) const {
  static constexpr std::size_t kParent = 1, kSession = 3, kStart = 19;
  const std::string text = file(pid, "stat", kMostStat);
  const std::size_t open = text.find('(');
  const std::size_t close = text.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open) return std::nullopt;
  const auto fields = split(std::string_view(text).substr(std::min(close + 2, text.size())), ' ');
  if (fields.size() <= kStart) return std::nullopt;
  const auto ticks = parse_number<std::uint64_t>(fields[kStart]);
  if (!ticks) return std::nullopt;
  Stat stat;
  stat.comm = model::Comm(std::string_view(text).substr(open + 1, close - open - 1));
  stat.parent = parse_number<std::uint32_t>(fields[kParent]).value_or(0);
  stat.session = parse_number<std::uint32_t>(fields[kSession]).value_or(0);
  stat.start = *ticks * tick_ns();
  return stat;
}

std::optional<model::BootNs> ProcReader::start_of(std::uint32_t pid) const {
  const auto found = stat(pid);
  if (!found) return std::nullopt;
  return found->start;
}

std::shared_ptr<const model::Program> ProcReader::program(std::uint32_t pid) const {
  auto made = std::make_shared<model::Program>();
  const std::string exe = link(pid, "exe");
  made->exe = exe;
  std::string args = file(pid, "cmdline", kMostArgs + 1);
  if (made->exe.empty() && args.empty()) return nullptr;
  made->exe_deleted = strip_suffix(made->exe, kDeleted);
  if (made->exe_deleted && made->exe.starts_with(kMemfd)) {
    made->exe.erase(0, 1);
    made->exe_memfd = true;
    made->exe_deleted = false;
  }
  made->args_truncated = args.size() > kMostArgs;
  args.resize(std::min(args.size(), kMostArgs));
  made->args = split_args(args);
  made->args_truncated = made->args_truncated || made->args.size() > model::kMostArguments;
  made->args.resize(std::min(made->args.size(), model::kMostArguments));
  made->args.shrink_to_fit();
  made->cwd = link(pid, "cwd");
  strip_suffix(made->cwd, kDeleted);
  // An exec meanwhile: nothing is to be of the program before and the rest of the one after.
  return link(pid, "exe") == exe ? made : nullptr;
}

std::optional<ProcEntry> ProcReader::read(std::uint32_t pid) const {
  const auto before = stat(pid);
  if (!before) return std::nullopt;
  ProcEntry entry;
  entry.pid = pid;
  entry.program = program(pid);
  const auto loginuid = parse_number<std::uint32_t>(file(pid, "loginuid", 16));
  if (loginuid && *loginuid != UINT32_MAX) entry.loginuid = loginuid;
  const auto inner = innermost_pid(file(pid, "status", kMostStatus));
  if (inner && *inner != pid) entry.ns_pid = inner;
  // Only now, so that nothing is from before an exec and the rest from after it, or from a process that came
  // after.
  const auto after = stat(pid);
  if (!after || after->start != before->start) return std::nullopt;
  entry.start = after->start;
  entry.comm = after->comm;
  entry.parent_pid = after->parent;
  if (after->session != 0) entry.session = after->session;
  return entry;
}

std::vector<std::uint32_t> ProcReader::pids() const {
  std::vector<std::uint32_t> pids;
  DIR* const folder = ::opendir(root_.c_str());
  if (folder == nullptr) return pids;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): a stream of our own
  while (const dirent* const entry = ::readdir(folder)) {
    if (const auto pid = parse_number<std::uint32_t>(entry->d_name)) pids.push_back(*pid);
  }
  ::closedir(folder);
  std::sort(pids.begin(), pids.end());
  return pids;
}

}  // namespace tcptrail::enrich
