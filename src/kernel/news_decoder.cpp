#include "kernel/news_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "abi/news.h"

namespace tcptrail::kernel {
namespace {

using model::Kind;

tl::unexpected<Error> bad(std::string_view what) {
  return fail(ErrorCode::kFailed, fmt::format("a record from the kernel cannot be read: {}", what));
}

// The fixed part of a record, and the texts behind it: taken in order, each within what is there.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> record) : rest_(record) {}

  template <typename Head>
  bool take(Head& head) {
    if (rest_.size() < sizeof(head)) return false;
    std::memcpy(&head, rest_.data(), sizeof(head));
    rest_ = rest_.subspan(sizeof(head));
    return true;
  }

  bool take(std::string_view& text, std::uint32_t size) {
    if (rest_.size() < size) return false;
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes as the characters that they are
    text = {reinterpret_cast<const char*>(rest_.data()), size};
    rest_ = rest_.subspan(size);
    return true;
  }

 private:
  std::span<const std::byte> rest_;
};

// "a\0b\0" → a, b. A last one that was cut off has no NUL.
std::vector<std::string_view> parts(std::string_view text) {
  std::vector<std::string_view> all;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\0'), text.size());
    all.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return all;
}

// "sh\0bin\0usr\0" → /usr/bin/sh; of a path whose beginning is missing, .../bin/sh.
std::string path_of(std::string_view names, bool cut) {
  std::vector<std::string_view> all = parts(names);
  if (!all.empty() && all.back() == "/")
    all.pop_back();  // the root of a file system, which has no other name
  std::reverse(all.begin(), all.end());
  std::string path = cut ? "..." : "";
  for (const std::string_view name : all) path.append("/").append(name);
  return path.empty() ? "/" : path;
}

constexpr std::string_view kMemfd = "memfd:";

std::shared_ptr<const model::Program> program_of(std::uint32_t flags, std::string_view args,
                                                 std::string_view exe, std::string_view cwd) {
  auto program = std::make_shared<model::Program>();
  // The flag says that the file has no folder; that holds too of one outside of what the process can see.
  program->exe_memfd = (flags & TT_EXE_MEMFD) != 0 && exe.starts_with(kMemfd);
  program->exe_deleted = (flags & TT_EXE_DELETED) != 0 && !program->exe_memfd;
  program->exe = program->exe_memfd ? std::string(exe.substr(0, exe.find('\0')))
                                    : path_of(exe, (flags & (TT_EXE_TRUNCATED | TT_EXE_MEMFD)) != 0);
  std::vector<std::string_view> all = parts(args);
  program->args_truncated = (flags & TT_ARGS_TRUNCATED) != 0 || all.size() > model::kMostArguments;
  all.resize(std::min(all.size(), model::kMostArguments));
  program->args.assign(all.begin(), all.end());
  program->cwd = path_of(cwd, (flags & TT_CWD_TRUNCATED) != 0);
  return program;
}

model::ProcessState state_of(const tt_process& from, UnixNs time) {
  model::ProcessState state;
  state.pid = from.task.pid;
  state.start = from.start_ns;
  state.parent_pid = from.parent_pid;
  state.parent_mark = from.parent_mark % model::kStartMarks;
  state.execs = static_cast<model::Execs>(from.execs);
  if (from.ns_pid != 0 && from.ns_pid != from.task.pid) state.ns_pid = from.ns_pid;
  if (from.session != 0) state.session = from.session;
  if (from.loginuid != TT_NO_LOGINUID) state.loginuid = from.loginuid;
  state.cgroup_id = from.task.cgroup_id;
  state.comm = model::Comm({from.task.comm, sizeof(from.task.comm)});
  state.time = time;
  return state;
}

std::optional<model::Event> event_of(Kind kind, const tt_process& from, UnixNs time) {
  if ((from.flags & TT_NEWS_TOLD) == 0) return std::nullopt;
  model::Owner owner;
  owner.pid = from.task.pid;
  owner.tid = from.task.tid;
  owner.uid = from.task.uid;
  owner.gid = from.task.gid;
  owner.cgroup_id = from.task.cgroup_id;
  owner.started = model::start_mark(from.start_ns);
  owner.execs = static_cast<model::Execs>(from.execs);
  owner.comm = model::Comm({from.task.comm, sizeof(from.task.comm)});
  model::Event event;
  event.kind = kind;
  event.time = time;
  event.conn.netns = from.netns;
  event.conn.owner = owner;
  return event;
}

Result<DecodedNews> decode_process(std::span<const std::byte> record, const WallClock& clock) {
  tt_process_news raw{};
  if (!Reader(record).take(raw)) return bad(fmt::format("{} bytes of a process", record.size()));
  const UnixNs time = clock.at(raw.header.time_ns);
  const model::ProcessState state = state_of(raw.process, time);
  if (raw.header.kind == TT_FORKED) return DecodedNews{model::Forked{state}, std::nullopt};
  return DecodedNews{model::Exited{state}, event_of(Kind::kExit, raw.process, time)};
}

Result<DecodedNews> decode_exec(std::span<const std::byte> record, const WallClock& clock) {
  Reader reader(record);
  tt_exec_news raw{};
  std::string_view args, exe, cwd;
  if (!reader.take(raw) || !reader.take(args, raw.args_size) || !reader.take(exe, raw.exe_size) ||
      !reader.take(cwd, raw.cwd_size))
    return bad(fmt::format("{} bytes of an exec", record.size()));
  const UnixNs time = clock.at(raw.header.time_ns);
  return DecodedNews{
      model::Execed{state_of(raw.process, time), program_of(raw.process.flags, args, exe, cwd)},
      event_of(Kind::kExec, raw.process, time)};
}

Result<DecodedNews> decode_cgroup(std::span<const std::byte> record) {
  Reader reader(record);
  tt_cgroup_news raw{};
  std::string_view path;
  if (!reader.take(raw) || !reader.take(path, raw.path_size))
    return bad(fmt::format("{} bytes of a cgroup", record.size()));
  if (raw.header.kind == TT_CGROUP_MADE)
    return DecodedNews{model::CgroupMade{raw.id, std::string(path)}, std::nullopt};
  return DecodedNews{
      model::CgroupJoined{raw.pid, raw.started % model::kStartMarks, raw.hierarchy, std::string(path)},
      std::nullopt};
}

Result<DecodedNews> decode_dns(std::span<const std::byte> record, const WallClock& clock) {
  Reader reader(record);
  tt_dns_news raw{};
  std::string_view message;
  if (!reader.take(raw) || !reader.take(message, raw.message_size))
    return bad(fmt::format("{} bytes of a DNS answer", record.size()));
  model::DnsAnswer answer;
  answer.netns = raw.netns;
  answer.time = clock.at(raw.header.time_ns);
  answer.message.assign(message.begin(), message.end());
  return DecodedNews{std::move(answer), std::nullopt};
}

}  // namespace

bool is_news(std::span<const std::byte> record) {
  tt_header header{};
  return Reader(record).take(header) && header.kind >= TT_FORKED;
}

Result<DecodedNews> decode_news(std::span<const std::byte> record, const WallClock& clock) {
  tt_header header{};
  if (!Reader(record).take(header)) return bad(fmt::format("only {} bytes", record.size()));
  if (header.version != TT_ABI_VERSION) return bad(fmt::format("version {}", header.version));
  if (header.size > record.size())
    return bad(fmt::format("{} bytes, of which it claims {}", record.size(), header.size));
  switch (header.kind) {
    case TT_FORKED:
    case TT_EXITED:
      return decode_process(record, clock);
    case TT_EXECED:
      return decode_exec(record, clock);
    case TT_CGROUP_MADE:
    case TT_CGROUP_JOINED:
      return decode_cgroup(record);
    case TT_DNS_ANSWER:
      return decode_dns(record, clock);
    default:
      return bad(fmt::format("kind {}", header.kind));
  }
}

}  // namespace tcptrail::kernel
