#include "unit/enrich/fake_proc.h"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace tcptrail::test {

namespace fs = std::filesystem;

FakeProc::FakeProc() {
  std::string path = (fs::temp_directory_path() / "tcptrail-proc-XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp");
  root_ = path;
}

FakeProc::~FakeProc() { fs::remove_all(root_); }

void FakeProc::write(std::uint32_t pid, const std::string& name, const std::string& text) const {
  const fs::path folder = root_ / std::to_string(pid);
  fs::create_directories(folder);
  std::ofstream(folder / name, std::ios::binary) << text;
}

void FakeProc::put(const Process& process) const {
  remove(process.pid);
  const std::string pid = std::to_string(process.pid);
  // Fields 4 to 21 between the state and the start: parent, group, session, and fifteen that nobody reads.
  std::string stat = pid + " (" + process.comm + ") S " + std::to_string(process.parent) + " " + pid + " " +
                     std::to_string(process.session);
  for (int i = 0; i < 15; ++i) stat += " 0";
  write(process.pid, "stat", stat + " " + std::to_string(process.start_ticks) + " 0 0\n");
  write(process.pid, "status",
        "Name:\tsh\nNSpid:\t" + (process.ns_pids.empty() ? pid : process.ns_pids) + "\nThreads:\t1\n");
  write(process.pid, "loginuid", process.loginuid);
  write(process.pid, "cgroup", process.cgroup);
  std::string cmdline;
  if (!process.exe.empty()) {
    for (const std::string& arg : process.args) cmdline += arg + '\0';
    fs::create_symlink(process.exe, root_ / pid / "exe");
    fs::create_symlink(process.cwd, root_ / pid / "cwd");
  }
  write(process.pid, "cmdline", cmdline);
}

void FakeProc::remove(std::uint32_t pid) const { fs::remove_all(root_ / std::to_string(pid)); }

}  // namespace tcptrail::test
