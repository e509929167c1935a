#include "support/dns.h"

#include <arpa/inet.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <stdexcept>

namespace tcptrail::test {
namespace {

constexpr std::size_t kHeader = 12;
constexpr std::uint16_t kA = 1, kCname = 5, kAaaa = 28, kIn = 1;
constexpr std::uint16_t kResponse = 0x8180, kNoSuchName = 3;
constexpr Seconds kLimit{5};

std::uint16_t type_number(const std::string& type) {
  return type == "A" ? kA : type == "AAAA" ? kAaaa : kCname;
}

class Message {
 public:
  void number(std::uint32_t value, int bytes) {
    while (bytes-- > 0) bytes_ += static_cast<char>(value >> (8 * bytes) & 0xff);
  }
  void name(const std::string& name) {
    for (std::size_t begin = 0; begin < name.size();) {
      const std::size_t end = std::min(name.find('.', begin), name.size());
      bytes_ += static_cast<char>(end - begin);
      bytes_ += name.substr(begin, end - begin);
      begin = end + 1;
    }
    bytes_ += '\0';
  }
  void header(std::uint16_t id, std::uint16_t flags, std::size_t answers) {
    number(id, 2);
    number(flags, 2);
    number(1, 2);
    number(static_cast<std::uint32_t>(answers), 2);
    number(0, 4);
  }
  void question(const std::string& asked, std::uint16_t type) {
    name(asked);
    number(type, 2);
    number(kIn, 2);
  }
  void record(const DnsRecord& record) {
    Message data;
    std::array<unsigned char, 16> address{};
    if (record.type == "CNAME") {
      data.name(record.data);
    } else {
      const bool v4 = record.type == "A";
      demand(::inet_pton(v4 ? AF_INET : AF_INET6, record.data.c_str(), address.data()) == 1, "an address");
      data.bytes_.assign(reinterpret_cast<const char*>(address.data()), v4 ? 4 : 16);
    }
    name(record.name);
    number(type_number(record.type), 2);
    number(kIn, 2);
    number(record.ttl, 4);
    number(static_cast<std::uint32_t>(data.bytes_.size()), 2);
    bytes_ += data.bytes_;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// The name and the type of the one question.
std::pair<std::string, std::uint16_t> question_of(const std::string& query) {
  std::string name;
  std::size_t at = kHeader;
  while (at < query.size() && query[at] != 0) {
    const std::size_t length = static_cast<unsigned char>(query[at]);
    name += (name.empty() ? "" : ".") + query.substr(at + 1, length);
    at += 1 + length;
  }
  demand(at + 3 <= query.size(), "a whole question");
  return {name, static_cast<std::uint16_t>(static_cast<unsigned char>(query[at + 1]) << 8 |
                                           static_cast<unsigned char>(query[at + 2]))};
}

std::string answer_to(const std::string& query, const std::vector<DnsRecord>& all) {
  const auto [asked, type] = question_of(query);
  std::vector<DnsRecord> found;
  std::string name = asked;
  for (bool alias = true; alias;) {
    alias = false;
    for (const DnsRecord& record : all) {
      const bool is_alias = record.type == "CNAME";
      if (::strcasecmp(record.name.c_str(), name.c_str()) != 0) continue;
      if (!is_alias && type_number(record.type) != type) continue;
      found.push_back(record);
      if (!is_alias) continue;
      name = record.data;
      alias = true;
      break;
    }
  }
  const auto id = static_cast<std::uint16_t>(static_cast<unsigned char>(query[0]) << 8 |
                                             static_cast<unsigned char>(query[1]));
  Message message;
  message.header(id, kResponse | (found.empty() ? kNoSuchName : 0), found.size());
  message.question(asked, type);
  for (const DnsRecord& record : found) message.record(record);
  return message.bytes();
}

std::string with_length(const std::string& message) {
  Message length;
  length.number(static_cast<std::uint32_t>(message.size()), 2);
  return length.bytes() + message;
}

std::string read_exactly(int socket, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t have = 0; have < size;) {
    demand(poll_for(socket, POLLIN, kLimit), "something to read");
    const auto got = check(::read(socket, bytes.data() + have, size - have), "read");
    demand(got > 0, "the stream goes on");
    have += static_cast<std::size_t>(got);
  }
  return bytes;
}

std::string read_by_tcp(int socket) {
  const std::string length = read_exactly(socket, 2);
  return read_exactly(socket, static_cast<std::size_t>(static_cast<unsigned char>(length[0])) << 8 |
                                  static_cast<unsigned char>(length[1]));
}

void write_all(int socket, const std::string& bytes) {
  demand(check(::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL), "send") ==
             static_cast<ssize_t>(bytes.size()),
         "all is written");
}

UniqueFd udp_socket(int family) {
  return UniqueFd(check(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
}

UniqueFd bound_udp(const SockAddr& address) {
  UniqueFd socket = udp_socket(address.family());
  check(::bind(socket.get(), address.get(), address.size()), "bind");
  return socket;
}

void serve_udp(int socket, const std::vector<DnsRecord>& records) {
  std::array<char, 512> query{};
  sockaddr_storage from{};
  socklen_t size = sizeof(from);
  auto* const address = reinterpret_cast<sockaddr*>(&from);
  const auto got = check(::recvfrom(socket, query.data(), query.size(), 0, address, &size), "recvfrom");
  const std::string answer = answer_to({query.data(), static_cast<std::size_t>(got)}, records);
  check(::sendto(socket, answer.data(), answer.size(), 0, address, size), "sendto");
}

void serve_tcp(int listener, const std::vector<DnsRecord>& records, DnsWrites writes) {
  const UniqueFd socket = accept_from(listener);
  const std::string answer = answer_to(read_by_tcp(socket.get()), records);
  const std::string whole = with_length(answer);
  if (writes == DnsWrites::kWhole) return write_all(socket.get(), whole);
  write_all(socket.get(), whole.substr(0, 2));
  sleep_for(Seconds(0.05));  // for a segment of its own
  write_all(socket.get(), answer);
}

}  // namespace

Child start_dns_server(const TestNamespace& ns, const std::vector<DnsRecord>& records, DnsWrites writes,
                       std::uint16_t port) {
  const Gate ready;
  Child server = ns.spawn([&, records, writes, port] {
    const UniqueFd udp = bound_udp({"127.0.0.1", port});
    const UniqueFd udp_v6 = bound_udp({"::1", port});
    const UniqueFd tcp = listen_at({"127.0.0.1", port});
    ready.open();
    for (;;) {
      std::array<pollfd, 3> ends = {
          {{udp.get(), POLLIN, 0}, {udp_v6.get(), POLLIN, 0}, {tcp.get(), POLLIN, 0}}};
      check(::poll(ends.data(), ends.size(), -1), "poll");
      if (ends[0].revents != 0) serve_udp(udp.get(), records);
      if (ends[1].revents != 0) serve_udp(udp_v6.get(), records);
      if (ends[2].revents != 0) serve_tcp(tcp.get(), records, writes);
    }
  });
  ready.wait();
  return server;
}

int ask_dns(const std::string& name, const std::string& type, DnsBy by, std::uint16_t port) {
  constexpr std::uint16_t kId = 0x4711, kRecursionDesired = 0x0100, kOwnPort = 8443;
  const SockAddr server(by == DnsBy::kUdpOverIpv6 ? "::1" : "127.0.0.1", port);
  Message query;
  query.header(kId, kRecursionDesired, 0);
  query.question(name, type_number(type));
  std::string answer;
  if (by == DnsBy::kTcp) {
    const UniqueFd socket = connect_to(server);
    write_all(socket.get(), with_length(query.bytes()));
    answer = read_by_tcp(socket.get());
  } else {
    const UniqueFd socket = udp_socket(server.family());
    const bool connects = by != DnsBy::kUnconnectedUdp && by != DnsBy::kBoundUdp;
    const SockAddr own = server.with_port(kOwnPort);
    if (by == DnsBy::kBoundUdp) check(::bind(socket.get(), own.get(), own.size()), "bind");
    if (connects) check(::connect(socket.get(), server.get(), server.size()), "connect");
    check(::sendto(socket.get(), query.bytes().data(), query.bytes().size(), 0,
                   connects ? nullptr : server.get(), connects ? 0 : server.size()),
          "sendto");
    demand(poll_for(socket.get(), POLLIN, kLimit), "an answer comes");
    answer.resize(512);
    answer.resize(
        static_cast<std::size_t>(check(::recv(socket.get(), answer.data(), answer.size(), 0), "recv")));
  }
  demand(answer.size() >= kHeader && answer[0] == 0x47 && answer[1] == 0x11, "the answer is to the question");
  return answer[3] & 0xf;
}

}  // namespace tcptrail::test
