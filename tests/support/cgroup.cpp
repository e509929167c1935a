#include "support/cgroup.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <sstream>

namespace tcptrail::test {
namespace {

std::optional<std::string> find_mount() {
  std::istringstream lines(read_whole("/proc/self/mountinfo"));
  for (std::string line; std::getline(lines, line);) {
    if (line.find(" - cgroup2 ") == std::string::npos) continue;
    std::istringstream fields(line);
    std::string id, parent, device, root, point;
    fields >> id >> parent >> device >> root >> point;
    if (root == "/") return point;
  }
  return std::nullopt;
}

std::optional<std::string> mount_privately() {
  std::string point = "/tmp/tcptrail-cgroup-XXXXXX";
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mkdtemp(point.data()) == nullptr) {
    return std::nullopt;
  }
  if (::mount("cgroup2", point.c_str(), "cgroup2", 0, nullptr) != 0) {
    ::rmdir(point.c_str());
    return std::nullopt;
  }
  return point;
}

std::uint64_t inode_of(const std::string& path) {
  struct stat info {};
  check(::stat(path.c_str(), &info), path);
  return info.st_ino;
}

UniqueFd load_denial(bpf_attach_type type) {
  const std::array<bpf_insn, 2> program{
      bpf_insn{BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0},
      bpf_insn{BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
  };
  LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = type);
  const int fd = ::bpf_prog_load(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, "tcptrail_deny", "GPL", program.data(),
                                 program.size(), &options);
  return UniqueFd(check(fd, "loading a cgroup program"));
}

}  // namespace

std::optional<std::string> unified_cgroup_mount() {
  static const std::optional<std::string> kMount = [] {
    auto found = find_mount();
    return found ? found : mount_privately();
  }();
  return kMount;
}

std::uint64_t current_cgroup_id() {
  const auto mount = unified_cgroup_mount();
  if (!mount) return 0;
  std::istringstream lines(read_whole("/proc/self/cgroup"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("0::")) return inode_of(*mount + line.substr(3));
  }
  return 0;
}

TestCgroup::TestCgroup() {
  static int made = 0;
  path_ = unified_cgroup_mount().value() + "/tcptrail-test-" + std::to_string(::getpid()) + "-" +
          std::to_string(made++);
  make();
}

TestCgroup::TestCgroup(const TestCgroup& parent, const std::string& name) : path_(parent.path_ + "/" + name) {
  make();
}

void TestCgroup::make() { check(::mkdir(path_.c_str(), 0755), path_); }

// A process that has just been reaped may keep its cgroup busy for a moment.
TestCgroup::~TestCgroup() {
  eventually(Seconds(3), [this] { return ::rmdir(path_.c_str()) == 0 || errno == ENOENT; });
}

std::uint64_t TestCgroup::id() const { return inode_of(path_); }

void TestCgroup::enter() const { write_whole(path_ + "/cgroup.procs", "0"); }

ConnectDenial::ConnectDenial(const TestCgroup& cgroup)
    : cgroup_(check(::open(cgroup.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), cgroup.path())),
      ipv4_(load_denial(BPF_CGROUP_INET4_CONNECT)),
      ipv6_(load_denial(BPF_CGROUP_INET6_CONNECT)) {
  check(::bpf_prog_attach(ipv4_.get(), cgroup_.get(), BPF_CGROUP_INET4_CONNECT, 0), "attaching connect4");
  check(::bpf_prog_attach(ipv6_.get(), cgroup_.get(), BPF_CGROUP_INET6_CONNECT, 0), "attaching connect6");
}

ConnectDenial::~ConnectDenial() {
  ::bpf_prog_detach2(ipv4_.get(), cgroup_.get(), BPF_CGROUP_INET4_CONNECT);
  ::bpf_prog_detach2(ipv6_.get(), cgroup_.get(), BPF_CGROUP_INET6_CONNECT);
}

}  // namespace tcptrail::test
