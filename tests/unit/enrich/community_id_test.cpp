// The TCP vectors of the specification's own test data (seed 0), and what has no id.

#include "enrich/community_id.h"

#include <gtest/gtest.h>

#include <utility>

#include "base/ip.h"

namespace tcptrail::enrich {
namespace {

struct Vector {
  const char* source;
  std::uint16_t source_port;
  const char* destination;
  std::uint16_t destination_port;
  const char* id;
};

constexpr Vector kVectors[] = {
    {"2001:470:e5bf:dead:4957:2174:e82c:4887", 63943, "2607:f8b0:400c:c03::1a", 25,
     "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
    {"2607:f8b0:400c:c03::1a", 25, "2001:470:e5bf:dead:4957:2174:e82c:4887", 63943,
     "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
    {"128.232.110.120", 34855, "66.35.250.204", 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
    {"66.35.250.204", 80, "128.232.110.120", 34855, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
};

model::Connection connection(const Vector& vector, bool turned) {
  model::Connection made;
  made.local_ip = *IpAddress::parse(vector.source);
  made.local_port = vector.source_port;
  made.remote_ip = *IpAddress::parse(vector.destination);
  made.remote_port = vector.destination_port;
  if (turned) {
    std::swap(made.local_ip, made.remote_ip);
    std::swap(made.local_port, made.remote_port);
  }
  return made;
}

class CommunityIdTest : public testing::TestWithParam<Vector> {};

TEST_P(CommunityIdTest, IsThatOfTheSpecificationInBothDirections) {
  for (const bool turned : {false, true}) {
    const auto id = community_id(connection(GetParam(), turned));

    ASSERT_TRUE(id);
    EXPECT_EQ(id->view(), GetParam().id) << (turned ? "turned" : "as given");
  }
}

INSTANTIATE_TEST_SUITE_P(Vectors, CommunityIdTest, testing::ValuesIn(kVectors));

TEST(CommunityId, TakesTheSmallerPortFirstWhereTheAddressesAreOne) {
  const Vector one = {"127.0.0.1", 80, "127.0.0.1", 40000, ""};

  EXPECT_EQ(community_id(connection(one, false))->view(), community_id(connection(one, true))->view());
}

TEST(CommunityId, IsAbsentWhereAnEndIsNotKnown) {
  const model::Connection whole = connection(kVectors[0], false);
  model::Connection cut = whole;
  cut.local_port.reset();
  EXPECT_EQ(community_id(cut).has_value(), false);
  cut = whole;
  cut.local_ip.reset();
  EXPECT_EQ(community_id(cut).has_value(), false);
  cut = whole;
  cut.remote_ip.reset();
  EXPECT_EQ(community_id(cut).has_value(), false);
}

}  // namespace
}  // namespace tcptrail::enrich
