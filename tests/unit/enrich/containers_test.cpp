// Which cgroup and container a process is in, by an invented tree of cgroups and an invented /proc.

#include "enrich/containers.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "unit/enrich/fake_proc.h"

namespace tcptrail::enrich {
namespace {

namespace fs = std::filesystem;
using model::BootNs;
using model::start_mark;
using test::FakeProc;

const std::string kId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
constexpr BootNs kSecond = 1'000'000'000;

class CgroupTree {
 public:
  CgroupTree() {
    std::string path = (fs::temp_directory_path() / "tcptrail-cgroup-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp");
    root_ = path;
  }
  ~CgroupTree() { fs::remove_all(root_); }
  CgroupTree(const CgroupTree&) = delete;
  CgroupTree& operator=(const CgroupTree&) = delete;

  std::string root() const { return root_; }
  std::uint64_t make(const std::string& path) const {
    fs::create_directories(root_ + path);
    struct stat status {};
    ::stat((root_ + path).c_str(), &status);
    return status.st_ino;
  }
  void remove(const std::string& path) const { fs::remove_all(root_ + path); }

 private:
  std::string root_;
};

TEST(CgroupTableTest, KnowsWhatIsThereAtStart) {
  const CgroupTree tree;
  const std::uint64_t root = tree.make("");
  const std::uint64_t inner = tree.make("/system.slice/a b.service");
  CgroupTable table(tree.root());
  table.seed();

  ASSERT_TRUE(table.find(inner) && table.find(root));
  EXPECT_EQ(*table.find(inner), "/system.slice/a b.service");
  EXPECT_EQ(*table.find(root), "/");
  EXPECT_EQ(table.find(inner), table.find(inner)) << "one text for all";
}

TEST(CgroupTableTest, KeepsWhatIsGone) {
  const CgroupTree tree;
  const std::uint64_t seeded = tree.make("/seeded");
  CgroupTable table(tree.root());
  table.seed();
  tree.remove("/seeded");
  table.learn({4711, "/made and gone"});

  EXPECT_EQ(*table.find(seeded), "/seeded");
  EXPECT_EQ(*table.find(4711), "/made and gone");
}

TEST(CgroupTableTest, TakesTheLastPathOfAnId) {
  CgroupTable table("");
  table.learn({4711, "/first"});
  table.learn({4711, "/second"});

  EXPECT_EQ(*table.find(4711), "/second");
  EXPECT_EQ(table.size(), 1U);
}

TEST(CgroupTableTest, LooksForWhatItDoesNotKnow) {
  const CgroupTree tree;
  CgroupTable table(tree.root());
  const std::uint64_t later = tree.make("/later");

  ASSERT_TRUE(table.find(later));
  EXPECT_EQ(*table.find(later), "/later");
  EXPECT_FALSE(table.find(1));
  EXPECT_FALSE(CgroupTable("").find(4711));
}

TEST(CgroupTableTest, AsksTheKernelForOneWhoseCreationWasNotTold) {
  const std::string mount = CgroupTable::mounted();
  const std::string name = "/tcptrail-unit-" + std::to_string(::getpid());
  CgroupTable table;
  if (mount.empty() || ::mkdir((mount + name).c_str(), 0755) != 0)
    GTEST_SKIP() << "no cgroup can be made here (cgroup v2 and root)";
  struct stat status {};
  EXPECT_EQ(::stat((mount + name).c_str(), &status), 0);

  const auto path = table.find(status.st_ino);
  ::rmdir((mount + name).c_str());

  ASSERT_TRUE(path);
  EXPECT_EQ(*path, name);
  EXPECT_EQ(table.size(), 1U) << "it was not looked for among all of them";
}

TEST(CgroupTableTest, IsBounded) {
  CgroupTable table("", 10);
  for (std::uint64_t id = 1; id <= 25; ++id) table.learn({id, "/" + std::to_string(id)});

  EXPECT_EQ(table.size(), 10U);
  EXPECT_FALSE(table.find(15));
  EXPECT_TRUE(table.find(16));
}

TEST(CgroupTableTest, FindsTheMountWhateverElseThereIs) {
  EXPECT_EQ(CgroupTable::mount_in(
                "22 1 0:21 / /proc rw - proc proc rw\n"
                "30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"),
            "/sys/fs/cgroup");
  EXPECT_EQ(CgroupTable::mount_in("30 22 0:26 /a /mnt rw - cgroup2 cgroup2 rw\n"
                                  "31 22 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"),
            "/sys/fs/cgroup/unified");
  EXPECT_EQ(CgroupTable::mount_in("30 22 0:26 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"), "");
  EXPECT_EQ(CgroupTable::mount_in(" - cgroup2 \n\n - "), "");
}

class JoinedCgroupsTest : public testing::Test {
 protected:
  static model::Forked forked(std::uint32_t pid, BootNs start, std::uint32_t parent, BootNs parent_start) {
    model::Forked news;
    news.process.pid = pid;
    news.process.start = start;
    news.process.parent_pid = parent;
    news.process.parent_mark = start_mark(parent_start);
    return news;
  }
  static model::CgroupJoined joined(std::uint32_t pid, BootNs start, std::uint32_t hierarchy,
                                    const std::string& path) {
    return {pid, start_mark(start), hierarchy, path};
  }
  std::string path_of(std::uint32_t pid, BootNs start) const {
    const auto* const place = joined_.find(pid, start_mark(start));
    return place == nullptr ? "none" : *place->path;
  }

  const std::string inside_ = "/docker/" + kId;
  FakeProc proc_;
  JoinedCgroups joined_{ProcReader(proc_.root()), 100, 50};
};

TEST_F(JoinedCgroupsTest, ReadsTheLineThatNamesAContainer) {
  const auto place = JoinedCgroups::place_in("9:name=systemd:/\n8:pids:" + inside_ + "\n0::/system.slice\n");
  ASSERT_TRUE(place);
  EXPECT_EQ(place->hierarchy, 8U);
  EXPECT_EQ(*place->path, inside_);
  EXPECT_EQ(place->container->id, kId);

  EXPECT_EQ(JoinedCgroups::place_in("8:pids:" + inside_ + "\n0::" + inside_ + "/a\n")->hierarchy, 0U);
  for (const char* const text : {"", "\n\n", "8", "8:", "8:pids", "x:pids:/docker", "::", "0::/user.slice"})
    EXPECT_FALSE(JoinedCgroups::place_in(text)) << text;
}

TEST_F(JoinedCgroupsTest, KnowsWhoWasInAContainerAtStartAndTheirChildren) {
  proc_.put({.pid = 50, .start_ticks = 500, .cgroup = "8:pids:" + inside_ + "\n"});
  proc_.put({.pid = 60, .start_ticks = 600, .cgroup = "8:pids:/\n0::/\n"});
  joined_.seed();
  joined_.learn(forked(51, 7 * kSecond, 50, 5 * kSecond));
  joined_.learn(forked(61, 8 * kSecond, 60, 6 * kSecond));

  EXPECT_EQ(path_of(50, 5 * kSecond), inside_);
  EXPECT_EQ(path_of(51, 7 * kSecond), inside_);
  EXPECT_EQ(path_of(60, 6 * kSecond), "none");
  EXPECT_EQ(path_of(61, 8 * kSecond), "none");
  EXPECT_EQ(path_of(50, 9 * kSecond), "none") << "another one of that id";
}

TEST_F(JoinedCgroupsTest, FollowsWhoIsMoved) {
  joined_.learn(joined(50, kSecond, 8, inside_));
  EXPECT_EQ(path_of(50, kSecond), inside_);
  joined_.learn(joined(50, kSecond, 4, "/"));
  EXPECT_EQ(path_of(50, kSecond), inside_) << "another hierarchy says nothing of this one";
  joined_.learn(joined(50, kSecond, 8, "/system.slice"));
  EXPECT_EQ(path_of(50, kSecond), "none");
  joined_.learn(forked(51, 2 * kSecond, 50, kSecond));
  EXPECT_EQ(path_of(51, 2 * kSecond), "none");
}

TEST_F(JoinedCgroupsTest, KeepsWhoLivesWhileOthersComeAndGo) {
  joined_.learn(joined(1, kSecond, 8, inside_));
  for (std::uint32_t pid = 2; pid <= 500; ++pid) {
    joined_.learn(forked(pid, pid * kSecond, 1, kSecond));
    model::Exited end;
    end.process.pid = pid;
    end.process.start = pid * kSecond;
    joined_.learn(end);
  }

  EXPECT_EQ(path_of(1, kSecond), inside_);
  EXPECT_EQ(path_of(500, 500 * kSecond), inside_);
  EXPECT_EQ(path_of(400, 400 * kSecond), "none");
  EXPECT_EQ(joined_.size(), 51U);
}

TEST_F(JoinedCgroupsTest, LooksNoFurtherWhereThereIsNoVersion1) {
  proc_.put({.pid = 40, .start_ticks = 400});
  proc_.put({.pid = 50, .start_ticks = 500, .cgroup = "8:pids:" + inside_ + "\n"});
  joined_.seed();

  EXPECT_EQ(path_of(50, 5 * kSecond), "none");
}

TEST_F(JoinedCgroupsTest, IsBounded) {
  for (std::uint32_t pid = 1; pid <= 250; ++pid) joined_.learn(joined(pid, pid * kSecond, 8, inside_));

  EXPECT_EQ(joined_.size(), 100U);
  EXPECT_EQ(path_of(150, 150 * kSecond), "none");
  EXPECT_EQ(path_of(151, 151 * kSecond), inside_);
}

TEST_F(JoinedCgroupsTest, AddsToWhatTheIdSays) {
  CgroupTable cgroups("");
  cgroups.learn({1, "/"});
  cgroups.learn({2, "/system.slice/docker-" + kId + ".scope"});
  joined_.learn(joined(50, kSecond, 8, "/lxc/web"));
  Containers containers(std::move(cgroups), std::move(joined_));

  const auto by_id = containers.find(50, start_mark(kSecond), 2);
  EXPECT_EQ(by_id.container->runtime, "docker");
  const auto by_joining = containers.find(50, start_mark(kSecond), 1);
  EXPECT_EQ(by_joining.container->runtime, "lxc");
  EXPECT_EQ(*by_joining.cgroup, "/lxc/web");
  const auto in_none = containers.find(51, start_mark(kSecond), 1);
  EXPECT_EQ(in_none.container, nullptr);
  EXPECT_EQ(*in_none.cgroup, "/");
  EXPECT_EQ(containers.find(51, start_mark(kSecond), 3).cgroup, nullptr);
  EXPECT_EQ(containers.find(50, 0, 2).container, by_id.container) << "parsed once";
}

}  // namespace
}  // namespace tcptrail::enrich
