// The shared headers mean the same in C, where the kernel programs are written, and in C++.

#include <gtest/gtest.h>

#include <cstddef>
#include <type_traits>

#include "abi/config.h"
#include "abi/event.h"

extern "C" {
unsigned long abi_size_of_event_in_c();
unsigned long abi_size_of_close_in_c();
unsigned long abi_size_of_config_in_c();
unsigned long abi_size_of_counters_in_c();
unsigned long abi_size_of_net_key_in_c();
}

namespace tcptrail {
namespace {

TEST(Abi, HasTheSameSizesInBothLanguages) {
  EXPECT_EQ(abi_size_of_event_in_c(), sizeof(tt_event));
  EXPECT_EQ(abi_size_of_close_in_c(), sizeof(tt_close_body));
  EXPECT_EQ(abi_size_of_config_in_c(), sizeof(tt_config));
  EXPECT_EQ(abi_size_of_counters_in_c(), sizeof(tt_counters));
  EXPECT_EQ(abi_size_of_net_key_in_c(), sizeof(tt_net_key));
}

TEST(Abi, CutsEveryRecordButACloseAfterTwoWords) {
  EXPECT_EQ(TT_SHORT_SIZE, offsetof(tt_event, body) + 16U);
  EXPECT_EQ(sizeof(tt_event), offsetof(tt_event, body) + sizeof(tt_close_body));
}

// Two of one value have the same bytes: there is no padding, which could carry what was in the memory before.
template <typename T>
constexpr bool kAllItsBytesCount = std::has_unique_object_representations_v<T>;

TEST(Abi, HasNoHiddenPadding) {
  EXPECT_TRUE(kAllItsBytesCount<tt_header>);
  EXPECT_TRUE(kAllItsBytesCount<tt_conn>);
  EXPECT_TRUE(kAllItsBytesCount<tt_latency_body>);
  EXPECT_TRUE(kAllItsBytesCount<tt_listen_body>);
  EXPECT_TRUE(kAllItsBytesCount<tt_snapshot_body>);
  EXPECT_TRUE(kAllItsBytesCount<tt_close_body>);
  EXPECT_TRUE(kAllItsBytesCount<tt_config>);
  EXPECT_TRUE(kAllItsBytesCount<tt_control>);
  EXPECT_TRUE(kAllItsBytesCount<tt_net_key>);
}

}  // namespace
}  // namespace tcptrail
