#include "sample_records.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace tcptrail::bench {
namespace {

constexpr std::uint32_t kConnections = 200;  // fits the processor's second cache, as the small ring does
constexpr std::uint64_t kStartNs = 40'000'000'000'000;
constexpr std::uint64_t kBetweenEventsNs = 18'000;

model::BootNs sample_start(std::uint32_t pid) { return 1'000'000'000ULL * pid; }

void set_address(__u32 (&words)[4], bool v6, std::uint32_t host) {
  words[0] = v6 ? htonl(0x20010db8) : 0;
  words[1] = v6 ? htonl(0x00051a2b) : 0;
  words[2] = v6 ? 0 : htonl(0xffff);
  words[3] = htonl((v6 ? 0 : 0xc6120000) + host);  // 198.18.0.0/15 is for benches
}

// The records of one connection after the other.
class Recorder {
 public:
  std::vector<tt_event> take() { return std::move(records_); }

  void connection(std::uint32_t number) {
    const bool v6 = number % 4 == 0, fails = number % 8 == 5;
    const tt_conn client = end(number, v6, TT_OUTBOUND), server = end(number, v6, TT_INBOUND);
    add(TT_ATTEMPT, client);
    if (fails) {
      add(TT_FAIL, client).body.latency = {310'999 + number, ECONNREFUSED, 0};
      return;
    }
    add(TT_CONNECT, client).body.latency.latency_ns = 41'567 + 1000 * number;
    add(TT_ACCEPT, server).body.latency.latency_ns = 12'045 + 100 * number;
    for (const tt_conn& conn : {client, server})
      add(TT_CLOSE, conn).body.close = {
          880'000'000 + number, 512 + number, 18'637, 11, 16, 0, 250, TT_END_FIN, {}};
  }

 private:
  static tt_conn end(std::uint32_t number, bool v6, tt_direction direction) {
    const bool outbound = direction == TT_OUTBOUND;
    tt_conn conn{};
    conn.id = 0x0001'0000'0000'0000 + 2 * number + (outbound ? 0 : 1);
    set_address(conn.local, v6, outbound ? 2 + number : 1);
    set_address(conn.remote, v6, outbound ? 1 : 2 + number);
    conn.local_port = static_cast<__u16>(outbound ? 32'768 + 7 * number : 8080);
    conn.remote_port = static_cast<__u16>(outbound ? 8080 : 32'768 + 7 * number);
    conn.netns = 4'026'531'840;
    conn.family = v6 ? 6 : 4;
    conn.direction = static_cast<__u8>(direction);
    conn.owner_mark = model::start_mark(sample_start(31'000 + number));
    conn.owner = outbound ? TT_OWNER_CONNECT : TT_OWNER_ACCEPT;
    conn.flags = outbound ? 0 : TT_ACCEPTED;
    conn.task = {31'000 + number, 31'010 + number, 1000, 1000, 18'446, {}};
    const std::string_view name = outbound ? "curl" : "nginx: worker";
    std::copy(name.begin(), name.end(), conn.task.comm);
    return conn;
  }

  tt_event& add(tt_kind kind, const tt_conn& conn) {
    tt_event record{};
    record.header.size = static_cast<__u16>(kind == TT_CLOSE ? sizeof(tt_event) : TT_SHORT_SIZE);
    record.header.kind = static_cast<__u8>(kind);
    record.header.version = TT_ABI_VERSION;
    record.header.time_ns = kStartNs + records_.size() * kBetweenEventsNs;
    record.conn = conn;
    return records_.emplace_back(record);
  }

  std::vector<tt_event> records_;
};

}  // namespace

std::vector<model::News> sample_news() {
  std::vector<model::News> all = {
      model::CgroupMade{18'446, "/system.slice/docker-" + std::string(64, 'c') + ".scope"}};
  for (std::uint32_t number = 0; number < kConnections; ++number) {
    model::Execed news;
    news.process.pid = 31'000 + number;
    news.process.start = sample_start(news.process.pid);
    news.process.parent_pid = 31'000 + number / 2 - 1;
    news.process.parent_mark = model::start_mark(sample_start(news.process.parent_pid));
    news.process.session = 30'000;
    news.process.loginuid = 1000;
    news.process.comm = model::Comm(number % 2 == 0 ? "curl" : "nginx: worker");
    auto program = std::make_shared<model::Program>();
    program->exe = "/usr/bin/curl";
    program->args = {"curl", "--silent", "--max-time", "10",
                     "https://www.example.org/path?query=" + std::to_string(number)};
    program->cwd = "/home/somebody/work";
    news.program = std::move(program);
    all.emplace_back(std::move(news));
  }
  return all;
}

std::vector<tt_event> sample_records() {
  Recorder recorder;
  for (std::uint32_t number = 0; number < kConnections; ++number) recorder.connection(number);
  return recorder.take();
}

}  // namespace tcptrail::bench
