#include "model/kind.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace tcptrail::model {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(KindNames, AreThoseOfTheContract) {
  const std::vector<std::string_view> names = {"attempt",  "connect",  "fail",   "pending",
                                               "accept",   "close",    "reject", "listen",
                                               "unlisten", "snapshot", "exec",   "exit"};
  ASSERT_EQ(names.size(), kTracedKinds);
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(name_of(static_cast<Kind>(i)), names[i]);
    EXPECT_EQ(kind_named(names[i]), static_cast<Kind>(i)) << names[i];
  }
}

TEST(KindNames, CannotBeAskedForWhereTheKindIsNotTraced) {
  EXPECT_EQ(name_of(Kind::kUnknown), "unknown");
  EXPECT_EQ(name_of(Kind::kLost), "lost");
  EXPECT_EQ(name_of(Kind::kStats), "stats");
  for (const char* const name : {"unknown", "lost", "stats", "flood", "", "all", "Connect", "connect "}) {
    EXPECT_EQ(kind_named(name), std::nullopt) << "'" << name << "'";
  }
}

TEST(KindSetTest, HasWhatWasAdded) {
  KindSet set = {Kind::kFail};

  set.add(Kind::kUnlisten);

  EXPECT_TRUE(set.has(Kind::kFail));
  EXPECT_TRUE(set.has(Kind::kUnlisten));
  EXPECT_FALSE(set.has(Kind::kAttempt));
  EXPECT_EQ(set.bits(), 1U << 2 | 1U << 8);
}

TEST(KindSetTest, HasAllTracedKindsAndNoOther) {
  const KindSet all = KindSet::all();

  for (std::size_t i = 0; i < kTracedKinds; ++i) EXPECT_TRUE(all.has(static_cast<Kind>(i))) << i;
  EXPECT_FALSE(all.has(Kind::kUnknown));
  EXPECT_FALSE(all.has(Kind::kLost));
  EXPECT_EQ(all.bits(), 0xfffU);
}

TEST(KindSetTest, Intersects) {
  const KindSet set = {Kind::kConnect, Kind::kClose};

  EXPECT_TRUE(set.intersects({Kind::kClose, Kind::kFail}));
  EXPECT_FALSE(set.intersects({Kind::kFail}));
  EXPECT_FALSE(KindSet().intersects(KindSet::all()));
  EXPECT_EQ(set.only({Kind::kClose, Kind::kFail}), KindSet{Kind::kClose});
  EXPECT_EQ(set.only({Kind::kFail}), KindSet());
}

TEST(KindCountsTest, AddsAndSubtractsKindByKind) {
  KindCounts counts;
  counts[Kind::kConnect] = 5;
  counts[Kind::kUnknown] = 1;
  KindCounts more;
  more[Kind::kConnect] = 2;
  more[Kind::kClose] = 3;

  counts += more;
  EXPECT_EQ(counts[Kind::kConnect], 7U);
  EXPECT_EQ(counts[Kind::kClose], 3U);
  EXPECT_EQ(counts[Kind::kUnknown], 1U);

  counts -= more;
  EXPECT_EQ(counts[Kind::kConnect], 5U);
  EXPECT_EQ(counts[Kind::kClose], 0U);
  EXPECT_EQ(counts[Kind::kUnknown], 1U);
}

TEST(KindCountsTest, KnowsWhetherThereIsAny) {
  KindCounts counts;
  EXPECT_FALSE(counts.any());

  counts[Kind::kUnknown] = 1;

  EXPECT_TRUE(counts.any());
}

TEST(ShownKinds, AreThoseAskedForInTheOrderOfTheContract) {
  Accounting accounting;
  accounting.kinds = {Kind::kClose, Kind::kConnect};
  accounting.seen[Kind::kFail] = 7;  // not asked for

  EXPECT_THAT(shown_kinds(accounting), ElementsAre(Kind::kConnect, Kind::kClose));
  EXPECT_THAT(shown_kinds(Accounting()), IsEmpty());
}

TEST(ShownKinds, HaveTheUnknownOneWhereThereIsAny) {
  Accounting accounting;
  accounting.kinds = {Kind::kConnect};
  accounting.seen[Kind::kUnknown] = 1;

  EXPECT_THAT(shown_kinds(accounting), ElementsAre(Kind::kConnect, Kind::kUnknown));
}

}  // namespace
}  // namespace tcptrail::model
