#include "unit/kernel/raw_record.h"

#include <arpa/inet.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace tcptrail::test {
namespace {

void set_v4(__u32 (&words)[4], std::uint32_t address) {
  words[2] = htonl(0xffff);
  words[3] = htonl(address);
}

void fill_body(tt_event& event) {
  switch (event.header.kind) {
    case TT_CONNECT:
    case TT_PENDING:
      event.body.latency.latency_ns = 1'234'567;
      break;
    case TT_FAIL:
      event.body.latency.latency_ns = 310'999;
      event.body.latency.error = ECONNREFUSED;
      break;
    case TT_ACCEPT:
      event.body.latency.latency_ns = 42'000;
      break;
    case TT_CLOSE:
      event.body.close.duration_ns = 880'000'000;
      event.body.close.bytes_out = 100'000;
      event.body.close.bytes_in = 50'001;
      event.body.close.segs_out = 11;
      event.body.close.segs_in = 12;
      event.body.close.retransmits = 3;
      event.body.close.rtt_us = 250;
      event.body.close.end = TT_END_RESET_REMOTE;
      break;
    case TT_LISTEN:
    case TT_UNLISTEN:
      event.body.listen.backlog = 4096;
      break;
    case TT_SNAPSHOT:
      event.body.snapshot.state = 8;  // CLOSE_WAIT
      break;
    default:
      break;
  }
}

}  // namespace

std::size_t record_size(tt_kind kind) { return kind == TT_CLOSE ? 160 : 128; }

RawRecord::RawRecord(tt_kind kind) {
  event.header.size = static_cast<std::uint16_t>(record_size(kind));
  event.header.kind = static_cast<std::uint8_t>(kind);
  event.header.version = TT_ABI_VERSION;
  event.header.time_ns = 5'000'000'007;
  event.conn.id = 0x0001000000000abc;
  set_v4(event.conn.local, 0xc0000202);   // 192.0.2.2
  set_v4(event.conn.remote, 0xc6336407);  // 198.51.100.7
  event.conn.local_port = 43210;
  event.conn.remote_port = 443;
  event.conn.netns = 4026531840;
  event.conn.family = 4;
  event.conn.direction = TT_OUTBOUND;
  event.conn.owner = TT_OWNER_CONNECT;
  event.conn.owner_mark = 99 | 5U << 24U;
  event.conn.task.pid = 1234;
  event.conn.task.tid = 1235;
  event.conn.task.uid = 1000;
  event.conn.task.gid = 100;
  event.conn.task.cgroup_id = 77;
  std::memcpy(event.conn.task.comm, "curl", 5);
  fill_body(event);
}

}  // namespace tcptrail::test
