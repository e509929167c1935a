// What a filter becomes before the programs are loaded. Needs no root: the object is only opened.

#include "kernel/filter_maps.h"

#include <bpf/libbpf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "kernel/skeleton.h"
#include "unit/support/result.h"

namespace tcptrail::kernel {
namespace {

using test::succeeded;
using testing::ElementsAre;
using testing::IsEmpty;

class FilterMapsTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(object_, nullptr) << "libbpf could not read the object"; }

  const tt_config& prepared(const model::Filter& filter) {
    EXPECT_TRUE(succeeded(prepare_filter(*object_, filter)));
    return object_->rodata->config;
  }

  // The ports of the table that have this bit.
  std::vector<int> marked(int end) const {
    std::vector<int> ports;
    for (int port = 0; port < TT_PORTS; ++port) {
      if ((object_->rodata_ports->wanted_ports[port] & end) != 0) ports.push_back(port);
    }
    return ports;
  }

  std::unique_ptr<tcptrail_bpf, decltype(&tcptrail_bpf__destroy)> object_{tcptrail_bpf__open(),
                                                                          &tcptrail_bpf__destroy};
};

TEST_F(FilterMapsTest, AsksForNothingWithoutAFilter) {
  const tt_config& config = prepared({});

  EXPECT_EQ(config.family, 0);
  EXPECT_EQ(
      config.by_port | config.by_pid | config.by_uid | config.by_net | config.by_netns | config.by_cgroup, 0);
  EXPECT_THAT(marked(0xff), IsEmpty());
}

TEST_F(FilterMapsTest, MarksEachPortForItsEnd) {
  model::Filter filter;
  filter.ports = {{80, 80}};
  filter.local_ports = {{80, 82}, {82, 83}};
  filter.remote_ports = {{443, 443}};

  EXPECT_EQ(prepared(filter).by_port, TT_PORT_EITHER | TT_PORT_LOCAL | TT_PORT_REMOTE);

  EXPECT_THAT(marked(TT_PORT_EITHER), ElementsAre(80));
  EXPECT_THAT(marked(TT_PORT_LOCAL), ElementsAre(80, 81, 82, 83));
  EXPECT_THAT(marked(TT_PORT_REMOTE), ElementsAre(443));
}

TEST_F(FilterMapsTest, MarksTheLastPortAndEnds) {
  model::Filter filter;
  filter.ports = {{65534, 65535}};

  EXPECT_EQ(prepared(filter).by_port, TT_PORT_EITHER);

  EXPECT_THAT(marked(TT_PORT_EITHER), ElementsAre(65534, 65535));
}

TEST_F(FilterMapsTest, MakesRoomForEveryValue) {
  model::Filter filter;
  filter.pids.resize(1000, 1);
  filter.uids.resize(3, 1);
  filter.netns.resize(2, 1);
  filter.cgroups.resize(7);
  filter.remote_nets.resize(300);

  const tt_config& config = prepared(filter);

  EXPECT_TRUE(config.by_pid && config.by_uid && config.by_netns && config.by_cgroup && config.by_net);
  EXPECT_EQ(bpf_map__max_entries(object_->maps.wanted_pids), 1000U);
  EXPECT_EQ(bpf_map__max_entries(object_->maps.wanted_uids), 3U);
  EXPECT_EQ(bpf_map__max_entries(object_->maps.wanted_netns), 2U);
  EXPECT_EQ(bpf_map__max_entries(object_->maps.wanted_cgroups), 7U);
  EXPECT_EQ(bpf_map__max_entries(object_->maps.wanted_nets), 300U);
}

TEST_F(FilterMapsTest, LooksAsDeepAsTheDeepestCgroup) {
  model::Filter filter;
  filter.cgroups = {{1, 3}, {2, 5}, {3, 0}};

  EXPECT_EQ(prepared(filter).cgroup_depth, 5U);
}

TEST_F(FilterMapsTest, NamesTheFamilyByItsNumber) {
  model::Filter filter;
  filter.family = model::Family::kIpv4;
  EXPECT_EQ(prepared(filter).family, 4);

  filter.family = model::Family::kIpv6;
  EXPECT_EQ(prepared(filter).family, 6);
}

}  // namespace
}  // namespace tcptrail::kernel
