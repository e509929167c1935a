#include "format/table.h"

#include <fmt/format.h>

#include <cstddef>
#include <iterator>

#include "base/text.h"

namespace tcptrail::format {
namespace {

using model::Kind;

constexpr std::string_view kReset = "\x1b[0m";

std::string_view color_of(Kind kind) {
  switch (kind) {
    case Kind::kFail:
    case Kind::kReject:
      return "\x1b[31m";
    case Kind::kPending:
    case Kind::kFlood:
    case Kind::kLost:
      return "\x1b[33m";
    case Kind::kConnect:
    case Kind::kAccept:
      return "\x1b[32m";
    default:
      return "";
  }
}

// "0.026 ms", "0.31 ms", "19.1 ms", "0.88 s", "412 s".
std::string duration(model::Microseconds us) {
  const double ms = static_cast<double>(us) / 1e3;
  if (ms < 0.1) return fmt::format("{:.3f} ms", ms);
  if (ms < 10) return fmt::format("{:.2f} ms", ms);
  if (ms < 100) return fmt::format("{:.1f} ms", ms);
  if (ms < 100e3) return fmt::format("{:.2f} s", ms / 1e3);
  return fmt::format("{:.0f} s", ms / 1e3);
}

std::string size(std::uint64_t bytes) {
  static constexpr std::array<std::string_view, 6> kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return fmt::format("{:.1f} {}", value, kUnits.at(unit));
}

// Of a text that has been escaped, as much as fits; never half of an escape (two backslashes, or a backslash
// and xNN) or of a character.
void append_cut(std::string& out, std::string_view text, std::size_t most) {
  if (text.size() <= most) {
    out += text;
    return;
  }
  std::size_t end = 0;
  for (std::size_t next = 0; next <= most;
       next += text[next] != '\\' ? 1 : (text[next + 1] == '\\' ? 2 : 4)) {
    const bool within_character = (static_cast<unsigned char>(text[next]) & 0xc0U) == 0x80U;
    if (!within_character) end = next;
  }
  out += text.substr(0, end);
  out += "…";
}

constexpr std::size_t kMostCommand = 160;
// "/usr/bin/curl (deleted): curl -s http://…": the file, and what it was called with.
void append_program(std::string& out, const model::Program& program) {
  append_escaped_text(out, program.exe);
  if (program.exe_deleted) out += " (deleted)";
  if (program.args.empty()) return;
  std::string args;
  for (const std::string& arg : program.args) {
    if (!args.empty()) args += ' ';
    append_escaped_text(args, arg);
  }
  if (program.args_truncated) args += " …";
  if (!program.exe.empty()) out += ": ";
  append_cut(out, args, kMostCommand);
}

class Detail {
 public:
  Detail(std::string& out, const model::Event& event) : out_(out), event_(event) {}

  void operator()(const std::monostate&) const {
    if (event_.kind == Kind::kReject) out_ += "no listener";
  }
  void operator()(const model::Connect& body) const {
    if (body.latency) out_ += duration(*body.latency);
  }
  void operator()(const model::Fail& body) const {
    const std::string_view error = body.error ? model::error_name(*body.error) : "";
    out_ += error.empty() ? name_of(body.reason) : error;
    if (body.latency) put(" after {}", duration(*body.latency));
  }
  void operator()(const model::Pending& body) const {
    out_ += "no answer";
    if (body.latency) put(" for {}", duration(*body.latency));
  }
  void operator()(const model::Accept& body) const {
    if (body.backlog) put("waited {}", duration(*body.backlog));
  }
  void operator()(const model::Close& body) const {
    put("out {}, in {}", size(body.bytes_out), size(body.bytes_in));
    if (body.duration) put(", {}", duration(*body.duration));
    put(", {}", name_of(body.end));
    if (event_.conn.direction == model::Direction::kInbound && !body.accepted) out_ += ", never accepted";
  }
  void operator()(const model::Listen& body) const {
    if (event_.kind == Kind::kListen) put("backlog {}", body.backlog);
  }
  void operator()(const model::Snapshot& body) const { out_ += name_of(body.state); }
  void operator()(const model::Flood& body) const {
    put("{} {}", body.count, name_of(body.kind));
    if (body.error) put(" {}", model::error_name(*body.error));
    if (body.last > body.first) put(" in {}", duration((body.last - body.first) / 1000));
  }
  void operator()(const model::Lost& body) const {
    const char* separator = "";
    for (std::size_t i = 0; i < model::kCountedKinds; ++i) {
      const auto kind = static_cast<Kind>(i);
      if (body.count[kind] == 0) continue;
      put("{}{} {}", separator, body.count[kind], name_of(kind));
      separator = ", ";
    }
  }
  void operator()(const model::Stats&) const {}

 private:
  template <typename... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) const {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  std::string& out_;
  const model::Event& event_;
};

constexpr std::size_t kMostId = 12;  // of a container, as its tools show it

// "docker web 0123456789ab": as far as they are known.
void append_container(std::string& out, const model::Container& container) {
  const std::string_view id = std::string_view(container.id).substr(0, kMostId);
  for (const std::string_view part : {std::string_view(container.runtime), std::string_view(container.name),
                                      container.name.empty() ? id : ""}) {
    if (part.empty()) continue;
    if (out.back() != '[') out += ' ';
    append_escaped_text(out, part);
  }
}

// What is known of the peer and of the process: "to example.org  [docker 0123456789ab]  /bin/sh: sh -c …  <
// sshd:12". The peer's name is there only if it was asked for; the rest is for -v, but for the program that
// is executed.
std::string who(const model::Event& event, bool verbose) {
  const model::Connection& conn = event.conn;
  std::string out;
  const auto part = [&out](std::string_view beginning) {
    out.append(out.empty() ? "" : "  ").append(beginning);
  };
  if (conn.remote_name) {
    part(conn.direction == model::Direction::kInbound ? "from " : "to ");
    append_escaped_text(out, *conn.remote_name);
  }
  if (verbose && conn.container) {
    part("[");
    append_container(out, *conn.container);
    out += ']';
  }
  const bool is_exec = event.kind == Kind::kExec;
  if (!(verbose || is_exec) || !conn.process) return out;
  if (conn.process->program) {
    part("");
    append_program(out, *conn.process->program);
  }
  if (const auto& parent = conn.process->ancestors; verbose && parent) {
    part("< ");
    append_escaped_text(out, parent->comm.view());
    fmt::format_to(std::back_inserter(out), ":{}", parent->pid);
  }
  return out;
}

void set_endpoint(std::string& out, const std::optional<IpAddress>& address,
                  const std::optional<std::uint16_t>& port) {
  out.clear();
  if (address) {
    append_endpoint(out, *address, port.value_or(0));
  } else {
    out.push_back('-');
  }
}

void append_row(std::string& out, std::string_view text, std::size_t width) {
  out += text;
  if (text.size() < width) out.append(width - text.size(), ' ');
  out += ' ';
}

}  // namespace

// "[" 39 "]:65535" for IPv6, "255.255.255.255:65535" and a gap for IPv4.
int Table::endpoint_width() const { return options_.wide ? 47 : 23; }

void Table::append_header(std::string& out) const {
  if (!options_.no_time) fmt::format_to(std::back_inserter(out), "{:<13} ", "TIME");
  fmt::format_to(std::back_inserter(out), "{:<8} {:<8} {:<16} {:<{}} {:<{}} DETAIL\n", "EVENT", "PID", "COMM",
                 "LOCAL", endpoint_width(), "REMOTE", endpoint_width());
}

void Table::append(std::string& out, const model::Event& event) {
  if (!tells(event.kind)) return;
  const auto width = static_cast<std::size_t>(endpoint_width());
  const model::Connection& conn = event.conn;
  const std::string_view color = options_.color ? color_of(event.kind) : "";

  set_endpoint(local_, conn.local_ip, conn.local_port);
  set_endpoint(remote_, conn.remote_ip, conn.remote_port);
  pid_.clear();
  comm_.clear();
  detail_.clear();
  if (conn.owner) {
    append_number(pid_, conn.owner->pid);
    append_escaped_text(comm_, conn.owner->comm.view());
  } else {
    pid_.push_back('-');
    comm_.push_back('-');
  }
  std::visit(Detail(detail_, event), event.body);

  if (!options_.no_time) {
    append_time_of_day(out, event.time, options_.utc);
    out += "  ";
  }
  out += color;
  append_row(out, name_of(event.kind), 8);
  if (!color.empty()) out += kReset;
  if (event.kind == Kind::kLost) {
    append_row(out, "", 8 + 1 + 16 + 1 + width + 1 + width);
  } else {
    append_row(out, pid_, 8);
    append_row(out, comm_, 16);
    append_row(out, local_, width);
    append_row(out, remote_, width);
  }
  out += detail_;
  if (options_.verbose || conn.remote_name || event.kind == Kind::kExec)
    out.append(detail_.empty() ? "" : "  ").append(who(event, options_.verbose));
  out.erase(out.find_last_not_of(' ') + 1);
  out += '\n';
}

}  // namespace tcptrail::format
