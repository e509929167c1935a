#include "enrich/dns_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/enrich/dns_sample.h"

namespace tcptrail::enrich {
namespace {

using test::dns_message;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> shown(const DnsAnswers& answers) {
  std::vector<std::string> all;
  for (const IpAddress& address : answers.addresses) append_ip(all.emplace_back(), address);
  return all;
}

TEST(DnsMessage, TellsTheAddressesOfTheNameThatWasAskedFor) {
  const DnsAnswers answers = parse_dns(
      dns_message({.answers = {"www.example.org. 300 IN A 192.0.2.1", "www.example.org. 60 IN A 192.0.2.2",
                               "www.example.org. 900 IN AAAA 2001:db8::1"}}));

  EXPECT_EQ(answers.name, "www.example.org");
  EXPECT_THAT(shown(answers), ElementsAre("192.0.2.1", "192.0.2.2", "2001:db8::1"));
  EXPECT_EQ(answers.ttl, 60U);
}

TEST(DnsMessage, FollowsAliasesInAnyOrder) {
  const DnsAnswers answers = parse_dns(dns_message(
      {.answers = {"b.example.net. 30 IN A 192.0.2.1", "a.example.net. 20 IN CNAME b.example.net.",
                   "www.example.org. 10 IN CNAME a.example.net."}}));

  EXPECT_EQ(answers.name, "www.example.org");
  EXPECT_THAT(shown(answers), ElementsAre("192.0.2.1"));
  EXPECT_EQ(answers.ttl, 10U);
}

TEST(DnsMessage, WritesTheNameInLowerCase) {
  EXPECT_EQ(parse_dns(dns_message(
                          {.question = "WWW.Example.ORG", .answers = {"www.example.org. 1 IN A 192.0.2.1"}}))
                .name,
            "www.example.org");
}

TEST(DnsMessage, TakesNoAddressOfAnotherName) {
  EXPECT_THAT(shown(parse_dns(dns_message({.answers = {"evil.example.org. 1 IN A 192.0.2.1"}}))), IsEmpty());
  EXPECT_THAT(shown(parse_dns(dns_message({.answers = {"www.example.org. 1 IN CNAME a.example.net.",
                                                       "b.example.net. 1 IN A 192.0.2.1"}}))),
              IsEmpty());
}

TEST(DnsMessage, EndsALoopOfAliases) {
  EXPECT_THAT(shown(parse_dns(dns_message({.answers = {"www.example.org. 1 IN CNAME a.example.net.",
                                                       "a.example.net. 1 IN CNAME www.example.org."}}))),
              IsEmpty());
}

TEST(DnsMessage, TellsNothingWhereItIsNoAnswer) {
  const std::vector<std::string> records = {"www.example.org. 300 IN A 192.0.2.1"};
  EXPECT_THAT(shown(parse_dns(dns_message({.flags = 0x0100, .answers = records}))), IsEmpty())
      << "a question";
  EXPECT_THAT(shown(parse_dns(dns_message({.flags = 0x8183, .answers = records}))), IsEmpty()) << "an error";
  EXPECT_THAT(shown(parse_dns(dns_message({.questions = 0, .answers = records}))), IsEmpty());
  EXPECT_THAT(shown(parse_dns(dns_message({.questions = 2, .answers = records}))), IsEmpty());
  EXPECT_THAT(shown(parse_dns(dns_message({.answers = {}}))), IsEmpty());
  EXPECT_THAT(shown(parse_dns({})), IsEmpty());
}

TEST(DnsMessage, IsReadAtEveryLengthItMayBeCutTo) {
  const auto whole = dns_message({.answers = {"www.example.org. 300 IN A 192.0.2.1"}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::vector<std::uint8_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_THAT(shown(parse_dns(cut)), IsEmpty()) << size;
  }
}

TEST(DnsMessage, TakesABoundedNumberOfAddresses) {
  std::vector<std::string> records;
  records.reserve(200);
  for (int i = 0; i < 200; ++i) records.push_back("www.example.org. 1 IN A 192.0.2." + std::to_string(i));

  EXPECT_EQ(parse_dns(dns_message({.answers = records})).addresses.size(), 64U);
}

}  // namespace
}  // namespace tcptrail::enrich
