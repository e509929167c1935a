// Who a process is: its program, arguments and folder, who started it, and that all this is right for a
// process that is gone, has become another, or shares its id with one before.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <thread>

#include "support/accounting.h"
#include "support/kernel_test.h"
#include "support/knock.h"

namespace tcptrail::test {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> texts_of(const Event& event, std::string_view field) {
  std::vector<std::string> texts;
  const auto* const array = event.find(field);
  if (array == nullptr || !array->IsArray()) return texts;
  for (const auto& text : array->GetArray()) texts.emplace_back(text.GetString(), text.GetStringLength());
  return texts;
}

// The pid and the program of each, nearest first.
std::vector<std::pair<std::int64_t, std::string>> ancestors_of(const Event& event) {
  std::vector<std::pair<std::int64_t, std::string>> all;
  const auto* const array = event.find("ancestors");
  if (array == nullptr || !array->IsArray()) return all;
  for (const auto& one : array->GetArray()) {
    const auto pid = one.FindMember("pid");
    const auto exe = one.FindMember("exe");
    if (pid == one.MemberEnd()) continue;
    all.emplace_back(pid->value.GetInt64(), exe == one.MemberEnd() ? "" : exe->value.GetString());
  }
  return all;
}

std::string own_exe() { return fs::read_symlink("/proc/self/exe").string(); }

// A folder that goes with the test.
class TestFolder {
 public:
  TestFolder() {
    char path[] = "/tmp/tcptrail-XXXXXX";
    if (::mkdtemp(path) == nullptr) throw_errno("mkdtemp");
    path_ = fs::canonical(path).string();
  }
  ~TestFolder() { fs::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class ProcessesTest : public KernelTest {
 protected:
  // The one event of this kind by that process.
  static Event only(const Outcome& outcome, std::string_view kind, pid_t pid) {
    std::vector<Event> found;
    for (const Event& event : of_kind(outcome.events(), kind))
      if (event.number("pid") == pid) found.push_back(event);
    if (found.size() != 1)
      throw std::runtime_error(std::to_string(found.size()) + " events " + std::string(kind) +
                               " of process " + std::to_string(pid) + ", not one\n" + outcome.report());
    return found.front();
  }

  // A child of the test that becomes the program; returns its pid and the stream.
  std::pair<pid_t, Outcome> trace_become(const std::function<void()>& body) {
    pid_t pid = 0;
    auto outcome = trace_sockets([&] {
      Child child = ns().spawn(body);
      pid = child.pid();
      child.join();
    });
    return {pid, std::move(outcome)};
  }
};

TEST_F(ProcessesTest, AProgramThatIsExecutedConnectsAndEnds) {
  const TestFolder folder;
  const auto arguments = knock_arguments(kClosedPort, {"two words", "", "\xff\x01"});
  const auto [pid, outcome] = trace_become([&] {
    check(::chdir(folder.path().c_str()), "chdir");
    become(knock_path(), arguments);
  });
  const Event event = only(outcome, "fail", pid);
  EXPECT_EQ(event.text("exe"), knock_path()) << event.line();
  EXPECT_EQ(texts_of(event, "args"), (std::vector<std::string>{"knock", std::to_string(kClosedPort),
                                                               "two words", "", "\xEF\xBF\xBD\x01"}))
      << event.line();
  EXPECT_EQ(event.text("cwd"), folder.path()) << event.line();
  EXPECT_EQ(event.number("ppid"), ::getpid()) << event.line();
  EXPECT_EQ(event.text("comm"), "knock") << event.line();
  EXPECT_FALSE(event.has("exe_deleted")) << event.line();
  EXPECT_FALSE(event.has("exe_memfd")) << event.line();
  EXPECT_FALSE(event.has("args_truncated")) << event.line();
  EXPECT_FALSE(event.has("ns_pid")) << event.line();
  const auto ancestors = ancestors_of(event);
  ASSERT_FALSE(ancestors.empty()) << event.line();
  EXPECT_EQ(ancestors.front(), (std::pair<std::int64_t, std::string>(::getpid(), own_exe()))) << event.line();
}

// RFC 3339 with nanoseconds compares as text.
TEST_F(ProcessesTest, StartIsBetweenTheForkAndTheEvent) {
  const auto now = [] {
    timespec time{};
    ::clock_gettime(CLOCK_REALTIME, &time);
    char text[64];
    std::tm parts{};
    ::gmtime_r(&time.tv_sec, &parts);
    const auto length = std::strftime(text, sizeof text, "%FT%T", &parts);
    std::snprintf(text + length, sizeof text - length, ".%09ldZ", time.tv_nsec);
    return std::string(text);
  };
  const std::string before = now();
  const auto [pid, outcome] = trace_become([] { become(knock_path(), knock_arguments(kClosedPort)); });
  const Event event = only(outcome, "fail", pid);
  EXPECT_LT(before.substr(0, 21), event.text("start")) << event.line();  // to the tenth of a second
  EXPECT_LE(event.text("start").substr(0, 21), event.text("time")) << event.line();
}

TEST_F(ProcessesTest, AChildThatNeverExecutesInherits) {
  const Shared<pid_t> grandchild;
  const auto [pid, outcome] = trace_become([&] {
    Child child = spawn([&] {
      *grandchild = ::getpid();
      demand_connect(tcp_socket(AF_INET).get(), {"127.0.0.1", kClosedPort}, ECONNREFUSED);
    });
    child.join();
  });
  const Event event = only(outcome, "fail", *grandchild);
  EXPECT_EQ(event.text("exe"), own_exe()) << event.line();
  EXPECT_FALSE(texts_of(event, "args").empty()) << event.line();
  EXPECT_EQ(event.number("ppid"), pid) << event.line();
  const auto ancestors = ancestors_of(event);
  ASSERT_GE(ancestors.size(), 2U) << event.line();
  EXPECT_EQ(ancestors[0].first, pid) << event.line();
  EXPECT_EQ(ancestors[1].first, ::getpid()) << event.line();
}

TEST_F(ProcessesTest, AThreadIsItsProcess) {
  const auto [pid, outcome] = trace_become([] {
    std::thread worker([] {
      ::prctl(PR_SET_NAME, "worker");
      demand_connect(tcp_socket(AF_INET).get(), {"127.0.0.1", kClosedPort}, ECONNREFUSED);
    });
    worker.join();
  });
  const Event event = only(outcome, "fail", pid);
  EXPECT_NE(event.number("tid"), pid) << event.line();
  EXPECT_EQ(event.text("exe"), own_exe()) << event.line();
  EXPECT_EQ(event.number("ppid"), ::getpid()) << event.line();
}

TEST_F(ProcessesTest, AProgramWhoseFileIsDeleted) {
  const TestFolder folder;
  const std::string copy = folder / "gone";
  fs::copy_file(knock_path(), copy);
  const auto [pid, outcome] = trace_become([&] {
    const UniqueFd program(check(::open(copy.c_str(), O_RDONLY | O_CLOEXEC), "open"));
    fs::remove(copy);
    become(program.get(), knock_arguments(kClosedPort));
  });
  const Event event = only(outcome, "fail", pid);
  EXPECT_EQ(event.text("exe"), copy) << event.line();
  EXPECT_TRUE(event.has("exe_deleted")) << event.line();
  EXPECT_FALSE(event.has("exe_memfd")) << event.line();
}

TEST_F(ProcessesTest, AProgramThatNeverHadAFile) {
  const auto [pid, outcome] = trace_become([&] {
    const UniqueFd program(check(::memfd_create("payload", MFD_CLOEXEC), "memfd_create"));
    const std::string bytes = read_whole(knock_path());
    check(::write(program.get(), bytes.data(), bytes.size()), "write");
    become(program.get(), knock_arguments(kClosedPort));
  });
  const Event event = only(outcome, "fail", pid);
  EXPECT_EQ(event.text("exe"), "memfd:payload") << event.line();
  EXPECT_TRUE(event.has("exe_memfd")) << event.line();
  EXPECT_FALSE(event.has("exe_deleted")) << event.line();
}

TEST_F(ProcessesTest, PathsAreAsTheProcessSeesThem) {
  const TestFolder folder;
  fs::create_directory(folder / "bin");
  fs::copy_file(knock_path(), folder / "bin/knock");
  const auto [pid, outcome] = trace_become([&] {
    check(::chroot(folder.path().c_str()), "chroot");
    check(::chdir("/bin"), "chdir");
    become("/bin/knock", knock_arguments(kClosedPort));
  });
  const Event event = only(outcome, "fail", pid);
  EXPECT_EQ(event.text("exe"), "/bin/knock") << event.line();
  EXPECT_EQ(event.text("cwd"), "/bin") << event.line();
}

TEST_F(ProcessesTest, ArgumentsAreReadUpTo4KiB) {
  const auto whole = knock_arguments(kClosedPort, {std::string(4096 - sizeof "knock" - sizeof "9" - 1, 'a')});
  const auto longer =
      knock_arguments(kClosedPort, {std::string(4096 - sizeof "knock" - sizeof "9", 'b'), "more"});
  const auto [whole_pid, whole_outcome] = trace_become([&] { become(knock_path(), whole); });
  const auto [longer_pid, longer_outcome] = trace_become([&] { become(knock_path(), longer); });
  const Event fits = only(whole_outcome, "fail", whole_pid);
  EXPECT_EQ(texts_of(fits, "args"), whole) << fits.line();
  EXPECT_FALSE(fits.has("args_truncated")) << fits.line();
  const Event cut = only(longer_outcome, "fail", longer_pid);
  EXPECT_EQ(texts_of(cut, "args"), (std::vector<std::string>{"knock", "9", longer[2]})) << cut.line();
  EXPECT_TRUE(cut.has("args_truncated")) << cut.line();
}

// The socket outlives the program that made it, in one and the same process.
TEST_F(ProcessesTest, AConnectionBelongsToTheProgramThatMadeIt) {
  const UniqueFd* listener = nullptr;
  pid_t pid = 0;
  const auto outcome = trace_sockets([&] {
    UniqueFd own_listener;
    SockAddr address;
    ns().run([&] {
      own_listener = listen_at({"127.0.0.1", 0});
      address = SockAddr::local_of(own_listener.get());
    });
    listener = &own_listener;
    Child child = ns().spawn([&] {
      UniqueFd socket = connect_to(address);
      check(::fcntl(socket.get(), F_SETFD, 0), "F_SETFD");
      become(knock_path(), knock_arguments(0));
    });
    pid = child.pid();
    child.join();
  });
  ASSERT_NE(listener, nullptr);
  const Event connect = only(outcome, "connect", pid);
  EXPECT_EQ(connect.text("exe"), own_exe()) << connect.line();
  std::vector<Event> closes;
  for (const Event& event : of_kind(outcome.events(), "close"))
    if (event.text("conn") == connect.text("conn")) closes.push_back(event);
  ASSERT_EQ(closes.size(), 1U) << outcome.report();
  EXPECT_EQ(closes.front().text("exe"), own_exe()) << closes.front().line();
}

TEST_F(ProcessesTest, AProcessFromBeforeTracing) {
  const TestFolder folder;
  const Pipe hold = Pipe::make();
  const auto arguments = knock_arguments(kClosedPort, {"wait", "since long ago"});
  Child child = ns().spawn([&] {
    check(::dup2(hold.read_end.get(), STDIN_FILENO), "dup2");
    check(::chdir(folder.path().c_str()), "chdir");
    become(knock_path(), arguments);
  });
  const pid_t pid = child.pid();
  const std::string exe_link = "/proc/" + std::to_string(pid) + "/exe";
  ASSERT_TRUE(eventually(Seconds(5), [&] { return fs::read_symlink(exe_link) == knock_path(); }));
  const auto outcome = trace_json({"-e", "fail"}, [&] {
    const_cast<Pipe&>(hold).write_end.reset();
    child.join();
  });
  const Event event = only(outcome, "fail", pid);
  EXPECT_EQ(event.text("exe"), knock_path()) << event.line();
  EXPECT_EQ(texts_of(event, "args"), arguments) << event.line();
  EXPECT_EQ(event.text("cwd"), folder.path()) << event.line();
  EXPECT_EQ(event.number("ppid"), ::getpid()) << event.line();
  EXPECT_TRUE(event.has("start")) << event.line();
}

TEST_F(ProcessesTest, ExecAndExitAreEvents) {
  pid_t pid = 0;
  const auto arguments = knock_arguments(kClosedPort);
  const auto outcome = trace_json({"-e", "exec,fail,exit", "--stats"}, [&] {
    Child child = ns().spawn([&] { become(knock_path(), arguments); });
    pid = child.pid();
    child.join();
  });
  std::vector<std::string> kinds;
  for (const Event& event : happenings(outcome.events())) {
    if (event.number("pid") != pid) continue;
    kinds.push_back(event.kind());
    EXPECT_EQ(event.text("exe"), knock_path()) << event.line();
    EXPECT_EQ(texts_of(event, "args"), arguments) << event.line();
    EXPECT_EQ(event.number("netns"), static_cast<std::int64_t>(ns().inode())) << event.line();
    EXPECT_EQ(event.has("remote_ip"), event.kind() == "fail") << event.line();
  }
  EXPECT_EQ(kinds, (std::vector<std::string>{"exec", "fail", "exit"})) << outcome.report();
  EXPECT_TRUE(accounts_close(outcome));
}

// What asks for a port or an address asks for what a process's own events lack.
TEST_F(ProcessesTest, ExecAndExitPassNoFilterOfAConnection) {
  for (const std::vector<std::string>& filter :
       {std::vector<std::string>{"-P", "9"}, {"-n", "127.0.0.0/8"}, {"-4"}, {"-p", "1"}}) {
    std::vector<std::string> arguments{"-e", "exec,exit", "--stats"};
    arguments.insert(arguments.end(), filter.begin(), filter.end());
    const auto outcome = trace_json(
        arguments, [&] { ns().spawn([&] { become(knock_path(), knock_arguments(kClosedPort)); }).join(); });
    EXPECT_TRUE(happenings(outcome.events()).empty()) << outcome.report();
    EXPECT_TRUE(accounts_close(outcome));
  }
}

TEST_F(ProcessesTest, CanBeFilteredByProgramAndAncestor) {
  for (const std::vector<std::string>& filter : {std::vector<std::string>{"--exe", "*/knock"},
                                                 {"--ancestor", own_exe()},
                                                 {"--exe", "/nowhere", "--exe", knock_path()}}) {
    std::vector<std::string> arguments{"-e", "fail", "--stats"};
    arguments.insert(arguments.end(), filter.begin(), filter.end());
    const auto outcome = trace_json(
        arguments, [&] { ns().spawn([&] { become(knock_path(), knock_arguments(kClosedPort)); }).join(); });
    EXPECT_EQ(happenings(outcome.events()).size(), 1U) << outcome.report();
    EXPECT_TRUE(accounts_close(outcome));
  }
  const auto outcome = trace_json({"-e", "fail", "--exe", "/nowhere/*", "--stats"}, [&] {
    ns().spawn([&] { become(knock_path(), knock_arguments(kClosedPort)); }).join();
  });
  EXPECT_TRUE(happenings(outcome.events()).empty()) << outcome.report();
  EXPECT_TRUE(accounts_close(outcome));
}

// Threads that all end at the same moment: one process, one end.
TEST_F(ProcessesTest, AProcessOfManyThreadsEndsOnce) {
  constexpr int kProcesses = 20;
  std::map<std::int64_t, int> exits;
  const auto outcome = trace_json({"-e", "exit"}, [&] {
    for (int i = 0; i < kProcesses; ++i) {
      Child child = ns().spawn([] {
        const Gate gate;
        for (int thread = 0; thread < 16; ++thread) std::thread([&] { gate.wait(); }).detach();
        gate.open();
        sleep_for(Seconds(0.001));
      });
      exits[child.pid()] = 0;
      child.join();
    }
  });
  for (const Event& event : of_kind(outcome.events(), "exit")) ++exits[event.number("pid").value_or(0)];
  for (const auto& [pid, count] : exits) EXPECT_EQ(count, 1) << pid << "\n" << outcome.report();
}

// How many processes: $TCPTRAIL_SHORT_LIVED, for machines that are emulated.
int short_lived() {
  const char* const given = std::getenv("TCPTRAIL_SHORT_LIVED");
  return given != nullptr ? std::stoi(given) : 10'000;
}

// Two parents, each with a child at a time; the pids come round. What is told is right, and what isn't told
// was lost.
TEST_F(ProcessesTest, ShortLivedProcessesAreAllKnown) {
  constexpr int kParents = 2;
  const int each = short_lived() / kParents;
  SockAddr address;
  UniqueFd listener;
  ns().run([&] {
    listener = listen_at({"127.0.0.1", 0}, 4096);
    address = SockAddr::local_of(listener.get());
  });
  const auto tag = [](int parent, int i) { return std::to_string(parent) + "/" + std::to_string(i); };
  const UniqueFd output(check(::memfd_create("events", MFD_CLOEXEC), "memfd_create"));
  std::vector<pid_t> parents;
  Tracer tracer({.arguments = {"-o", "json", "-e", "connect", "--stats", "--netns", ns().inode_text()},
                 .standard_output = output.get()});
  tracer.wait_ready();
  {
    Child acceptor = ns().spawn([&] {
      for (int i = 0; i < each * kParents; ++i) accept_from(listener.get());
    });
    std::vector<Child> children;
    for (int parent = 0; parent < kParents; ++parent) {
      children.push_back(ns().spawn([&, parent] {
        for (int i = 0; i < each; ++i) {
          const pid_t pid = start_program(knock_path(), knock_arguments(address.port(), {tag(parent, i)}));
          int status = 0;
          check(::waitpid(pid, &status, 0), "waitpid");
          demand(status == 0, "knock succeeds");
        }
      }));
      parents.push_back(children.back().pid());
    }
    for (Child& child : children) child.join();
    acceptor.join();
  }
  ASSERT_EQ(tracer.stop().exit_code, 0);

  std::map<std::string, int> told;
  std::int64_t lost = 0;
  const std::string stream = read_whole("/proc/self/fd/" + std::to_string(output.get()));
  int wrong = 0;
  std::string examples;
  for (const std::string& line : lines_of(stream)) {
    const Event event(line);
    if (event.kind() == "lost") continue;
    if (event.kind() == "stats") {
      EXPECT_TRUE(hardly_any_is_lost(Accounting(event)));
      lost = Accounting(event).all_lost();
      continue;
    }
    const auto args = texts_of(event, "args");
    const std::string its_tag = args.size() == 3 ? args[2] : "";
    const auto slash = its_tag.find('/');
    const bool right = event.text("exe") == knock_path() && slash != std::string::npos &&
                       event.number("ppid") == parents.at(static_cast<std::size_t>(std::stoi(its_tag))) &&
                       args[1] == std::to_string(address.port());
    if (!right && ++wrong < 10) examples += line + "\n";
    ++told[its_tag];
  }
  EXPECT_EQ(wrong, 0) << examples;
  int missing = 0;
  for (int parent = 0; parent < kParents; ++parent)
    for (int i = 0; i < each; ++i) missing += told[tag(parent, i)] == 1 ? 0 : 1;
  EXPECT_LE(missing, lost) << "of " << each * kParents;
}

}  // namespace
}  // namespace tcptrail::test
