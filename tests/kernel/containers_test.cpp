// In which cgroup and container a process is, by real cgroups and namespaces.

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "support/cgroup.h"
#include "support/kernel_test.h"
#include "support/knock.h"

namespace tcptrail::test {
namespace {

const std::string kId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const std::string kDocker = "docker-" + kId + ".scope";

void be_refused() { demand_connect(tcp_socket(AF_INET).get(), {"127.0.0.1", kClosedPort}, ECONNREFUSED); }

// A hierarchy of cgroup v1 without a controller, as systemd's own on older hosts. It goes with the test.
class NamedHierarchy {
 public:
  static std::string lacking() {
    try {
      const NamedHierarchy trial;
      return "";
    } catch (const std::system_error& error) {
      return std::string("cgroup v1 cannot be mounted: ") + error.what();
    }
  }

  NamedHierarchy() {
    char path[] = "/tmp/tcptrail-v1-XXXXXX";
    if (::mkdtemp(path) == nullptr) throw_errno("mkdtemp");
    path_ = path;
    const std::string options = "none,name=tcptrail-" + std::to_string(::getpid());
    if (::mount("none", path, "cgroup", 0, options.c_str()) != 0) {
      const int error = errno;
      ::rmdir(path);
      throw std::system_error(error, std::generic_category(), "mount");
    }
  }
  ~NamedHierarchy() {
    std::reverse(made_.begin(), made_.end());
    for (const std::string& made : made_)
      eventually(Seconds(3), [&] { return ::rmdir(made.c_str()) == 0 || errno == ENOENT; });
    ::umount2(path_.c_str(), MNT_DETACH);
    ::rmdir(path_.c_str());
  }
  NamedHierarchy(const NamedHierarchy&) = delete;
  NamedHierarchy& operator=(const NamedHierarchy&) = delete;

  void make(const std::string& name) {
    made_.push_back(path_ + name);
    check(::mkdir(made_.back().c_str(), 0755), made_.back());
  }
  void enter(const std::string& name) const { write_whole(path_ + name + "/cgroup.procs", "0"); }

 private:
  std::string path_;
  std::vector<std::string> made_;
};

class ContainersTest : public KernelTest {
 protected:
  // The one failed attempt in the namespace.
  static Event only_failure(const Outcome& outcome) {
    const auto events = of_kind(outcome.events(), "fail");
    if (events.size() != 1) throw std::runtime_error("not one failure\n" + outcome.report());
    return events.front();
  }

  static void expect_docker(const Event& event, const std::string& cgroup) {
    EXPECT_EQ(event.text("cgroup"), cgroup) << event.line();
    EXPECT_EQ(event.text("container"), kId) << event.line();
    EXPECT_EQ(event.text("container_runtime"), "docker") << event.line();
  }
};

std::string below_the_mount(const std::string& path) { return path.substr(unified_cgroup_mount()->size()); }

TEST_F(ContainersTest, ByTheCgroupThatWasThereBefore) {
  TCPTRAIL_REQUIRE(lacks_cgroup());
  const TestCgroup above;
  const TestCgroup container(above, kDocker);
  const auto outcome = trace_json({"-e", "fail"}, [&] {
    ns().spawn([&] {
          container.enter();
          be_refused();
        })
        .join();
  });
  expect_docker(only_failure(outcome), below_the_mount(container.path()));
}

// Nobody can read its name any more when the event is.
TEST_F(ContainersTest, ByACgroupThatIsGoneBeforeTheEventIsRead) {
  TCPTRAIL_REQUIRE(lacks_cgroup());
  Tracer tracer({.arguments = {"-o", "json", "-e", "fail", "--netns", ns().inode_text()}});
  tracer.wait_ready();
  tracer.send_signal(SIGSTOP);
  std::string path;
  {
    const TestCgroup above;
    const TestCgroup container(above, kDocker);
    path = container.path();
    ns().spawn([&] {
          container.enter();
          be_refused();
        })
        .join();
  }
  ASSERT_NE(::access(path.c_str(), F_OK), 0) << path << " is still there";
  tracer.send_signal(SIGCONT);
  expect_docker(only_failure(tracer.stop()), below_the_mount(path));
}

TEST_F(ContainersTest, OfAProcessThatExecutesInIt) {
  TCPTRAIL_REQUIRE(lacks_cgroup());
  const TestCgroup above;
  const TestCgroup container(above, kDocker);
  const TestCgroup inner(container, "init.scope");
  const auto outcome = trace_json({"-e", "exec,exit"}, [&] {
    ns().spawn([&] {
          inner.enter();
          become(knock_path(), knock_arguments(0));
        })
        .join();
  });
  for (const char* const kind : {"exec", "exit"}) {
    const auto events = of_kind(outcome.events(), kind);
    ASSERT_EQ(events.size(), 1U) << outcome.report();
    expect_docker(events.front(), below_the_mount(inner.path()));
  }
}

TEST_F(ContainersTest, NoneWhereThereIsNone) {
  TCPTRAIL_REQUIRE(lacks_cgroup());
  const TestCgroup cgroup;
  const auto outcome = trace_json({"-e", "fail"}, [&] {
    ns().spawn([&] {
          cgroup.enter();
          be_refused();
        })
        .join();
  });
  const Event event = only_failure(outcome);
  EXPECT_EQ(event.text("cgroup"), below_the_mount(cgroup.path())) << event.line();
  EXPECT_FALSE(event.has("container") || event.has("container_runtime")) << event.line();
}

TEST_F(ContainersTest, CanBeFilteredBy) {
  TCPTRAIL_REQUIRE(lacks_cgroup());
  const TestCgroup above;
  const TestCgroup container(above, kDocker);
  const auto outcome = trace_json({"-e", "fail", "--container", kId.substr(0, 12)}, [&] {
    ns().spawn([&] {
          be_refused();
          container.enter();
          be_refused();
        })
        .join();
  });
  expect_docker(only_failure(outcome), below_the_mount(container.path()));
}

TEST_F(ContainersTest, OfVersion1ByAMove) {
  TCPTRAIL_REQUIRE_OF_KERNEL(NamedHierarchy::lacking());
  NamedHierarchy v1;
  v1.make("/docker");
  v1.make("/docker/" + kId);
  Tracer tracer({.arguments = {"-o", "json", "-e", "fail", "--netns", ns().inode_text()}});
  tracer.wait_ready();
  tracer.send_signal(SIGSTOP);  // the process is gone when the event is read
  ns().spawn([&] {
        v1.enter("/docker/" + kId);
        spawn([] { be_refused(); }).join();
      })
      .join();
  tracer.send_signal(SIGCONT);
  expect_docker(only_failure(tracer.stop()), "/docker/" + kId);
}

TEST_F(ContainersTest, OfVersion1FromBeforeTracing) {
  TCPTRAIL_REQUIRE_OF_KERNEL(NamedHierarchy::lacking());
  NamedHierarchy v1;
  v1.make("/docker");
  v1.make("/docker/" + kId);
  const auto outcome = trace_from_the_middle(
      [&](const Pause& until_traced) {
        v1.enter("/docker/" + kId);
        until_traced();
        spawn([] { be_refused(); }).join();
      },
      {"-e", "fail"});
  expect_docker(only_failure(outcome), "/docker/" + kId);
}

TEST_F(ContainersTest, PidInANamespaceOfItsOwn) {
  const Shared<pid_t> inner;
  const auto outcome = trace_json({"-e", "fail"}, [&] {
    ns().spawn([&] {
          run_in_clone(CLONE_NEWPID, [&] {
            *inner = ::getpid();
            be_refused();
          });
        })
        .join();
  });
  const Event event = only_failure(outcome);
  ASSERT_EQ(*inner, 1);
  EXPECT_EQ(event.number("ns_pid"), 1) << event.line();
  EXPECT_NE(event.number("pid"), 1) << event.line();
}

}  // namespace
}  // namespace tcptrail::test
