// The one list of fields: its order is what csv relies on, its names are those of json.

#include "format/fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "format/json.h"
#include "unit/support/sample_events.h"

namespace tcptrail::format {
namespace {

using model::Event;
using model::Kind;
using testing::ElementsAreArray;

// Keeps the names of the fields in the order of their coming.
class NameList {
 public:
  void token(std::string_view name, std::string_view) { names_.emplace_back(name); }
  void untrusted(std::string_view name, std::string_view) { names_.emplace_back(name); }
  void number(std::string_view name, std::uint64_t) { names_.emplace_back(name); }
  void flag(std::string_view name, bool) { names_.emplace_back(name); }
  template <typename Fields>
  void unchanging(const std::shared_ptr<const void>&, const Fields& fields) {
    fields();
  }
  void texts(std::string_view name, const std::vector<std::string>&) { names_.emplace_back(name); }
  void ancestors(std::string_view name, const model::Ancestor&) { names_.emplace_back(name); }
  void counts(std::string_view name, const model::KindCounts&, const model::Accounting*) {
    names_.emplace_back(name);
  }
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;
};

std::vector<std::string> visited(const Event& event) {
  NameList list;
  visit_fields(event, list);
  return list.names();
}

// The names of the json object, in its order.
std::vector<std::string> json_names(const Event& event) {
  std::string line;
  Json().append(line, event);
  rapidjson::Document object;
  object.Parse(line.c_str());
  EXPECT_TRUE(object.IsObject()) << line;
  std::vector<std::string> names;
  if (!object.IsObject()) return names;
  for (const auto& member : object.GetObject()) names.emplace_back(member.name.GetString());
  return names;
}

TEST(FieldNames, HaveEachFieldInTheOrderOfTheVisit) {
  for (const Event& event : test::sample_stream()) {
    if (event.kind == Kind::kStats) continue;
    const auto* at = kFieldNames.begin();
    for (const std::string& name : visited(event)) {
      const auto* const found = std::find(at, kFieldNames.end(), name);
      ASSERT_NE(found, kFieldNames.end())
          << name << " of " << name_of(event.kind) << " is missing or too early";
      at = found + 1;
    }
  }
}

TEST(FieldNames, HaveNoneThatNoEventHas) {
  std::set<std::string> seen;
  for (const Event& event : test::sample_stream()) {
    const auto names = visited(event);
    seen.insert(names.begin(), names.end());
  }
  for (const std::string_view name : kFieldNames) EXPECT_EQ(seen.count(std::string(name)), 1U) << name;
}

TEST(FieldNames, AreThoseOfJson) {
  for (const Event& event : test::sample_stream()) {
    EXPECT_THAT(json_names(event), ElementsAreArray(visited(event))) << name_of(event.kind);
  }
}

TEST(FieldNames, OfTheAccountsAreThoseOfTheContract) {
  EXPECT_THAT(visited(test::sample_event(Kind::kStats)),
              testing::ElementsAre("time", "event", "seq", "seen", "emitted", "filtered", "flooded", "lost"));
}

TEST(FieldNames, OfALossSayNothingOfAConnection) {
  EXPECT_THAT(visited(test::sample_event(Kind::kLost)),
              testing::ElementsAre("time", "event", "seq", "count"));
}

TEST(FieldNames, OfWhatIsAbsentAreAbsent) {
  Event event = test::sample_event(Kind::kAttempt);
  event.conn = model::Connection();

  EXPECT_THAT(visited(event), testing::ElementsAre("time", "event", "seq", "family", "netns"));
}

TEST(FieldNames, OfAProcessSayNothingOfAConnection) {
  EXPECT_THAT(visited(test::sample_event(Kind::kExec)),
              testing::ElementsAre("time", "event", "seq", "pid", "tid", "uid", "gid", "comm", "netns",
                                   "cgroup_id", "ppid", "start", "exe", "args", "cwd", "session", "loginuid",
                                   "ancestors", "cgroup"));
}

}  // namespace
}  // namespace tcptrail::format
