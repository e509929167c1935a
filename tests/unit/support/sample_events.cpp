#include "unit/support/sample_events.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

namespace tcptrail::test {
namespace {

using model::Event;
using model::Kind;

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

model::Owner sample_owner(model::OwnerKind kind, std::string_view comm) {
  model::Owner owner;
  owner.kind = kind;
  owner.pid = 1234;
  owner.tid = 1235;
  owner.uid = 1000;
  owner.gid = 100;
  owner.cgroup_id = 77;
  owner.comm = model::Comm(comm);
  return owner;
}

model::Connection client() {
  model::Connection conn;
  conn.id = 0x0001000000000abc;
  conn.direction = model::Direction::kOutbound;
  conn.local_ip = ip("192.0.2.2");
  conn.local_port = 43210;
  conn.remote_ip = ip("198.51.100.7");
  conn.remote_port = 443;
  conn.netns = 4026531840;
  conn.owner = sample_owner(model::OwnerKind::kConnect, "curl");
  return conn;
}

model::Connection server() {
  model::Connection conn = client();
  conn.id = 0xdef;
  conn.direction = model::Direction::kInbound;
  std::swap(conn.local_ip, conn.remote_ip);
  std::swap(conn.local_port, conn.remote_port);
  conn.owner = sample_owner(model::OwnerKind::kAccept, "nginx");
  return conn;
}

model::Connection listener() {
  model::Connection conn;
  conn.id = 0xdee;
  conn.local_ip = ip("0.0.0.0");
  conn.local_port = 443;
  conn.netns = 4026531840;
  conn.owner = sample_owner(model::OwnerKind::kListener, "nginx");
  return conn;
}

model::Connection not_bound_yet(model::Connection conn) {
  conn.local_ip.reset();
  conn.local_port.reset();
  return conn;
}

model::Connection over_ipv6(model::Connection conn) {
  conn.family = model::Family::kIpv6;
  conn.local_ip = ip("2001:db8:1111:2222:3333:4444:5555:6666");
  conn.remote_ip = ip("2001:db8::7");
  return conn;
}

model::Connection many(model::Connection conn) {
  conn.id.reset();
  (conn.direction == model::Direction::kOutbound ? conn.local_port : conn.remote_port).reset();
  return conn;
}

model::Connection mapped(model::Connection conn) {
  conn.mapped = true;
  return conn;
}

// Which side began it nobody saw.
model::Connection found_at_start(model::Connection conn) {
  conn.direction = model::Direction::kNone;
  conn.owner->kind = model::OwnerKind::kSnapshot;
  return conn;
}

model::Connection nobodys(model::Connection conn) {
  conn.owner.reset();
  return conn;
}

// There is no socket where a SYN is rejected.
model::Connection socketless(model::Connection conn) {
  conn.id.reset();
  return nobodys(conn);
}

model::Close sample_close() {
  model::Close body;
  body.duration = 880'000;
  body.bytes_out = 512;
  body.bytes_in = 18'637;
  body.segs_out = 11;
  body.segs_in = 16;
  body.retransmits = 1;
  body.rtt_us = 250;
  return body;
}

std::shared_ptr<const model::Program> sample_program(const std::string& exe, std::vector<std::string> args) {
  auto program = std::make_shared<model::Program>();
  program->exe = exe;
  program->args = std::move(args);
  program->cwd = "/home/me";
  return program;
}

std::shared_ptr<const model::Ancestor> sample_ancestor(std::uint32_t pid, const std::string& name,
                                                       std::shared_ptr<const model::Ancestor> parent) {
  auto ancestor = std::make_shared<model::Ancestor>();
  ancestor->pid = pid;
  ancestor->comm = model::Comm(name);
  ancestor->exe = "/usr/sbin/" + name;
  ancestor->parent = std::move(parent);
  return ancestor;
}

model::Process sample_process() {
  model::Process process;
  process.ppid = 1233;
  process.start = kSampleTime - 1'500'000'000;
  process.session = 1200;
  process.loginuid = 1000;
  process.program = sample_program("/usr/bin/curl", {"curl", "-s", "http://example.org/?a=b c"});
  process.ancestors = sample_ancestor(1233, "bash", sample_ancestor(1200, "sshd", nullptr));
  return process;
}

void complete(model::Connection& conn, const model::Process& process) {
  conn.process = std::make_shared<const model::Process>(process);
  conn.cgroup = std::make_shared<const std::string>("/user.slice");
}

model::Lost sample_loss() {
  model::Lost body;
  body.count[Kind::kConnect] = 3;
  body.count[Kind::kClose] = 1;
  body.count[Kind::kUnknown] = 2;
  return body;
}

Event make(Kind kind, model::Connection conn, model::Body body) {
  return {kind, kSampleTime, 0, std::move(conn), body};
}

std::vector<Event> ends_of_attempts() {
  model::Connection held = client();
  held.id.reset();
  return {
      make(Kind::kFail, client(), model::Fail{ECONNREFUSED, model::Reason::kRefused, 310}),
      make(Kind::kFail, not_bound_yet(held), model::Fail{ENETUNREACH, model::Reason::kUnreachable, {}}),
      make(Kind::kFail, over_ipv6(client()), model::Fail{ETIMEDOUT, model::Reason::kTimeout, 127'400'000}),
      make(Kind::kFail, client(), model::Fail{{}, model::Reason::kAborted, 1'500'000}),
      make(Kind::kFail, client(), model::Fail{4000, model::Reason::kOther, 12'400})};
}

std::vector<Event> ends_of_connections() {
  model::Close reset = sample_close();
  reset.end = model::End::kResetRemote;
  reset.accepted = true;
  model::Close stranger;
  stranger.bytes_in = 3'221'225'472;
  stranger.end = model::End::kTimeout;
  model::Connection unknown_side = nobodys(client());
  unknown_side.direction = model::Direction::kNone;
  model::Connection queued = server();
  queued.owner->kind = model::OwnerKind::kListener;
  return {make(Kind::kClose, server(), reset), make(Kind::kClose, queued, sample_close()),
          make(Kind::kClose, mapped(client()), sample_close()), make(Kind::kClose, unknown_side, stranger)};
}

Event deleted_program() {
  Event event = sample_event(Kind::kExec);
  model::Process process = sample_process();
  auto program = std::make_shared<model::Program>();
  program->exe = "/tmp/x\n";
  program->exe_deleted = true;
  program->args = {"x", std::string(300, 'a')};
  process.program = std::move(program);
  complete(event.conn, process);
  return event;
}

// In a container that has a name and no id.
Event on_a_machine() {
  Event event = sample_event(Kind::kAccept);
  complete(event.conn, sample_process());
  event.conn.cgroup = std::make_shared<const std::string>("/machine.slice/systemd-nspawn@web.service");
  event.conn.container =
      std::make_shared<const model::Container>(model::Container{"web", "systemd-nspawn", "web", ""});
  return event;
}

}  // namespace

Event sample_event(Kind kind) {
  switch (kind) {
    case Kind::kConnect:
      return make(kind, client(), model::Connect{1240});
    case Kind::kFail:
      return make(kind, client(), model::Fail{ECONNREFUSED, model::Reason::kRefused, 310});
    case Kind::kPending:
      return make(kind, client(), model::Pending{1'004'000});
    case Kind::kAccept:
      return make(kind, server(), model::Accept{42});
    case Kind::kClose:
      return make(kind, client(), sample_close());
    case Kind::kReject:
      return make(kind, socketless(server()), {});
    case Kind::kListen:
    case Kind::kUnlisten:
      return make(kind, listener(), model::Listen{4096});
    case Kind::kSnapshot:
      return make(kind, found_at_start(client()), model::Snapshot{model::State::kCloseWait});
    case Kind::kFlood:
      return make(kind, many(client()),
                  model::Flood{Kind::kConnect, 12'345, kSampleTime - 4'980'000'000, kSampleTime, {}});
    case Kind::kExec:
    case Kind::kExit: {
      Event event = make(kind, {}, {});
      event.conn.netns = 4026531840;
      event.conn.owner = sample_owner(model::OwnerKind::kConnect, "curl");
      complete(event.conn, sample_process());
      return event;
    }
    case Kind::kLost:
      return make(kind, {}, sample_loss());
    case Kind::kStats:
      return make(kind, {}, model::Stats{sample_accounting()});
    default:
      return make(kind, not_bound_yet(client()), {});
  }
}

Event identified_event(Kind kind) {
  Event event = sample_event(kind);
  model::Process process = sample_process();
  process.ns_pid = 7;
  auto program = std::make_shared<model::Program>(*process.program);
  program->exe = "memfd:payload";
  program->exe_memfd = true;
  program->args_truncated = true;
  process.program = std::move(program);
  complete(event.conn, process);
  const std::string id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  event.conn.cgroup = std::make_shared<const std::string>("/system.slice/docker-" + id + ".scope");
  event.conn.container = std::make_shared<const model::Container>(
      model::Container{id, "docker", "", "01234567-89ab-cdef-0123-456789abcdef"});
  event.conn.remote_name = std::make_shared<const std::string>("www.example.org");
  event.conn.community_id.emplace();
  const std::string_view community = "1:LQU9qZlK+B5F3KDmev6m5PMibrg=";
  std::copy(community.begin(), community.end(), event.conn.community_id->text.begin());
  return event;
}

Event identified_event(Kind kind, const std::string& text) {
  Event event = sample_event(kind);
  model::Process process = sample_process();
  auto program = std::make_shared<model::Program>();
  program->exe = program->cwd = text;
  program->args = {text, text};
  auto ancestor = std::make_shared<model::Ancestor>();
  ancestor->pid = 1;
  ancestor->comm = model::Comm(text);
  ancestor->exe = text;
  process.program = program;
  process.ancestors = ancestor;
  complete(event.conn, process);
  event.conn.cgroup = event.conn.remote_name = std::make_shared<const std::string>(text);
  event.conn.container = std::make_shared<const model::Container>(model::Container{text, text, text, text});
  return event;
}

Event named_event(Kind kind, std::string_view comm) {
  Event event = sample_event(kind);
  event.conn.owner->comm = model::Comm(comm);
  return event;
}

std::vector<Event> sample_stream() {
  std::vector<Event> stream = {sample_event(Kind::kListen),
                               sample_event(Kind::kAttempt),
                               make(Kind::kAttempt, client(), {}),
                               make(Kind::kAttempt, over_ipv6(client()), {}),
                               sample_event(Kind::kPending),
                               sample_event(Kind::kConnect),
                               make(Kind::kConnect, over_ipv6(client()), model::Connect{999}),
                               make(Kind::kConnect, mapped(nobodys(client())), model::Connect{})};
  const auto append = [&](std::vector<Event> more) { stream.insert(stream.end(), more.begin(), more.end()); };
  append(ends_of_attempts());
  append({sample_event(Kind::kAccept), make(Kind::kAccept, over_ipv6(server()), model::Accept{})});
  append(ends_of_connections());
  append({sample_event(Kind::kSnapshot),
          make(Kind::kSnapshot, found_at_start(listener()), model::Snapshot{model::State::kListen})});
  append({sample_event(Kind::kReject), sample_event(Kind::kUnlisten),
          named_event(Kind::kConnect, "a,\"b\"\nc\\d\x1b[2J"),
          named_event(Kind::kAttempt, "\xc3\xa9\xff\xc2\x9bz"),
          named_event(Kind::kAttempt, "fifteen letters"), sample_event(Kind::kFlood),
          make(Kind::kFlood, many(client()),
               model::Flood{Kind::kFail, 7, kSampleTime - 500'000, kSampleTime, ECONNREFUSED}),
          make(Kind::kFlood, many(nobodys(server())),
               model::Flood{Kind::kReject, 1, kSampleTime, kSampleTime, {}}),
          sample_event(Kind::kExec), sample_event(Kind::kExit), identified_event(Kind::kConnect),
          deleted_program(), on_a_machine(), sample_event(Kind::kLost), sample_event(Kind::kStats)});
  std::uint64_t seq = 0;
  for (Event& event : stream) {
    event.time += seq * 1'000'000;
    event.seq = ++seq;
  }
  return stream;
}

model::Accounting sample_accounting() {
  model::Accounting all;
  all.kinds = {Kind::kConnect, Kind::kClose, Kind::kReject};
  all.seen[Kind::kConnect] = 123'456'789'012;
  all.emitted[Kind::kConnect] = 123'456'789'000;
  all.filtered[Kind::kConnect] = 9;
  all.lost[Kind::kConnect] = 3;
  all.seen[Kind::kClose] = 1;
  all.lost[Kind::kClose] = 1;
  all.seen[Kind::kUnknown] = 2;
  all.lost[Kind::kUnknown] = 2;
  return all;
}

}  // namespace tcptrail::test
