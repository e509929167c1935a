#include "enrich/name_table.h"

#include <gtest/gtest.h>

#include <string>

#include "unit/enrich/dns_sample.h"

namespace tcptrail::enrich {
namespace {

constexpr UnixNs kNow = 1'800'000'000'000'000'000;
constexpr UnixNs kSecond = 1'000'000'000;
constexpr std::uint32_t kNetns = 42;

class NameTableTest : public testing::Test {
 protected:
  void answer(const std::string& name, const std::string& ip, unsigned ttl = 300, UnixNs time = kNow,
              std::uint32_t netns = kNetns) {
    table_.learn({netns, time,
                  test::dns_message(
                      {.question = name, .answers = {name + ". " + std::to_string(ttl) + " IN A " + ip}})});
  }
  std::string name_of(const std::string& ip, UnixNs when = kNow, std::uint32_t netns = kNetns) const {
    const auto name = table_.find(netns, IpAddress::parse(ip).value(), when);
    return name ? *name : "none";
  }

  NameTable table_{NameTableLimits{.names = 100}};
};

TEST_F(NameTableTest, KnowsTheNameOfAnAddress) {
  answer("a.example.org", "192.0.2.1");

  EXPECT_EQ(name_of("192.0.2.1"), "a.example.org");
  EXPECT_EQ(name_of("192.0.2.2"), "none");
  EXPECT_EQ(name_of("192.0.2.1", kNow, kNetns + 1), "none") << "another namespace";
}

TEST_F(NameTableTest, TakesTheLastAnswer) {
  answer("a.example.org", "192.0.2.1");
  answer("b.example.org", "192.0.2.1", 300, kNow + kSecond);

  EXPECT_EQ(name_of("192.0.2.1", kNow + 2 * kSecond), "b.example.org");
  EXPECT_EQ(table_.size(), 1U);
}

TEST_F(NameTableTest, KeepsANameForItsTimeWithinBounds) {
  answer("short.example.org", "192.0.2.1", 1);
  answer("long.example.org", "192.0.2.2", 600);
  answer("endless.example.org", "192.0.2.3", 2'000'000'000);

  EXPECT_EQ(name_of("192.0.2.1", kNow + 59 * kSecond), "short.example.org");
  EXPECT_EQ(name_of("192.0.2.1", kNow + 60 * kSecond), "none");
  EXPECT_EQ(name_of("192.0.2.2", kNow + 599 * kSecond), "long.example.org");
  EXPECT_EQ(name_of("192.0.2.2", kNow + 600 * kSecond), "none");
  EXPECT_EQ(name_of("192.0.2.3", kNow + 86'399 * kSecond), "endless.example.org");
  EXPECT_EQ(name_of("192.0.2.3", kNow + 86'400 * kSecond), "none");
}

TEST_F(NameTableTest, TellsNoNameOfBeforeItWasLearnt) {
  answer("a.example.org", "192.0.2.1");

  EXPECT_EQ(name_of("192.0.2.1", kNow - 1), "none");
}

TEST_F(NameTableTest, GoesOnWithTheSameNameAndBeginsAnewWithAnother) {
  answer("a.example.org", "192.0.2.1");
  answer("a.example.org", "192.0.2.1", 300, kNow + 200 * kSecond);
  EXPECT_EQ(name_of("192.0.2.1", kNow), "a.example.org");
  answer("b.example.org", "192.0.2.1", 300, kNow + 400 * kSecond);
  EXPECT_EQ(name_of("192.0.2.1", kNow + 300 * kSecond), "a.example.org") << "of before";
  EXPECT_EQ(name_of("192.0.2.1", kNow + 400 * kSecond), "b.example.org");
  answer("c.example.org", "192.0.2.1", 300, kNow + 500 * kSecond);
  EXPECT_EQ(name_of("192.0.2.1", kNow + 300 * kSecond), "none") << "nobody knows any more";
}

// As at the end of a connection from before, whose program has asked again for another.
TEST_F(NameTableTest, KeepsTheNameOfBeforeItEnded) {
  answer("a.example.org", "192.0.2.1", 30);
  answer("a.example.org", "192.0.2.1", 30, kNow + 200 * kSecond);

  EXPECT_EQ(name_of("192.0.2.1", kNow + 10 * kSecond), "a.example.org");
  EXPECT_EQ(name_of("192.0.2.1", kNow + 100 * kSecond), "none") << "it did not count then";
  EXPECT_EQ(name_of("192.0.2.1", kNow + 200 * kSecond), "a.example.org");
}

TEST_F(NameTableTest, LearnsNothingFromWhatItCannotRead) {
  table_.learn({kNetns, kNow, {1, 2, 3}});
  table_.learn({kNetns, kNow, {}});

  EXPECT_EQ(table_.size(), 0U);
}

TEST_F(NameTableTest, IsBounded) {
  for (int i = 0; i < 150; ++i) answer("a.example.org", "192.0.2." + std::to_string(i));

  EXPECT_EQ(table_.size(), 100U);
  EXPECT_EQ(table_.evicted(), 50U);
  EXPECT_EQ(name_of("192.0.2.49"), "none");
  EXPECT_EQ(name_of("192.0.2.50"), "a.example.org");
}

}  // namespace
}  // namespace tcptrail::enrich
