#pragma once
// A DNS server and client of the test's own, for names of the test's own. Nothing is asked of anybody else.

#include <cstdint>
#include <string>
#include <vector>

#include "support/net_namespace.h"
#include "support/process.h"
#include "support/sockets.h"

namespace tcptrail::test {

constexpr std::uint16_t kDnsPort = 53;

struct DnsRecord {
  std::string name;
  std::string type;  // A, AAAA or CNAME
  std::string data;  // an address, or a name
  std::uint32_t ttl = 300;
};

// How a server that speaks TCP writes an answer and its length.
enum class DnsWrites { kWhole, kLengthFirst };

// Answers, in the namespace, by UDP and TCP on port 53 of 127.0.0.1 and ::1 (or another port, by UDP), until
// it is killed. All records of a name that are of the asked type, and those that its aliases lead to; if
// there are none, that there is no such name.
Child start_dns_server(const TestNamespace& ns, const std::vector<DnsRecord>& records,
                       DnsWrites writes = DnsWrites::kWhole, std::uint16_t port = kDnsPort);

// kBoundUdp: a socket that waits at a port of its own, as a server's does.
enum class DnsBy { kUdp, kUnconnectedUdp, kBoundUdp, kTcp, kUdpOverIpv6 };

// Asks that server, as a resolver does, from the calling process's namespace, and waits for the answer;
// throws if none comes. Returns the answer's code: 0, or 3 for no such name.
int ask_dns(const std::string& name, const std::string& type, DnsBy by = DnsBy::kUdp,
            std::uint16_t port = kDnsPort);

}  // namespace tcptrail::test
