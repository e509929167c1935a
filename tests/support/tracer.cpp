#include "support/tracer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "support/process.h"

namespace tcptrail::test {
namespace {

constexpr Seconds kReadyLimit{20};
constexpr int kExecFailed = 127;

UniqueFd memory_file(const char* name) {
  return UniqueFd(check(::memfd_create(name, MFD_CLOEXEC), "memfd_create"));
}

std::string content_of(const UniqueFd& file) {
  struct stat info {};
  check(::fstat(file.get(), &info), "fstat");
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  const auto got = check(::pread(file.get(), text.data(), text.size(), 0), "pread");
  text.resize(static_cast<std::size_t>(got));
  return text;
}

// A path, not an abstract name: those belong to one network namespace, and some tracers are started in
// another.
UniqueFd notify_socket(const std::string& path) {
  UniqueFd socket(check(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("TMPDIR is too long for a socket");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  check(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), path);
  check(::chmod(path.c_str(), 0777), path);
  return socket;
}

std::string make_folder() {
  const char* base = std::getenv("TMPDIR");
  std::string folder = std::string(base != nullptr ? base : "/tmp") + "/tcptrail-test-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) throw_errno(folder);
  check(::chmod(folder.c_str(), 0755), folder);
  return folder;
}

}  // namespace

std::string program_under_test() {
  if (const char* const path = std::getenv("TCPTRAIL")) return path;
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "tcptrail").string();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string Outcome::complaints() const {
  std::string text;
  for (const auto& line : lines_of(errors)) {
    const bool is_notice =
        line.find("mounted tracefs") != std::string::npos || line.starts_with("tcptrail: who did it: ");
    if (!is_notice) text += line + "\n";
  }
  return text;
}

std::string Outcome::report() const {
  std::ostringstream text;
  text << "exit code " << exit_code << (in_time ? "" : " (killed: it did not end in time)") << "\nstdout ("
       << lines.size() << " lines):\n";
  constexpr std::size_t kShown = 60;
  for (std::size_t i = 0; i < lines.size() && i < kShown; ++i) text << "  " << lines[i] << "\n";
  if (lines.size() > kShown) text << "  … the last: " << lines.back() << "\n";
  text << "stderr:\n" << errors;
  return text.str();
}

Tracer::Tracer(const TracerOptions& options)
    : folder_(make_folder()),
      notify_(notify_socket(folder_ + "/notify")),
      output_(memory_file("stdout")),
      errors_(memory_file("stderr")) {
  const std::string path = program_under_test();
  const UniqueFd program(check(::open(path.c_str(), O_PATH | O_CLOEXEC), path));
  pid_ = check(::fork(), "fork");
  if (pid_ == 0) execute(options, program.get());
  pidfd_ = open_pidfd(pid_);
}

void Tracer::execute(const TracerOptions& options, int program) const {
  try {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(options.standard_output >= 0 ? options.standard_output : output_.get(), STDOUT_FILENO);
    ::dup2(errors_.get(), STDERR_FILENO);
    ::setenv("NOTIFY_SOCKET", (folder_ + "/notify").c_str(), 1);
    if (!options.without.empty()) {
      const char* const also = std::getenv("TCPTRAIL_WITHOUT");
      ::setenv("TCPTRAIL_WITHOUT", (options.without + "," + (also != nullptr ? also : "")).c_str(), 1);
    }
    std::vector<std::string> words{"tcptrail"};
    // The whole ring can be run over one family of hooks, as the kernel matrix does.
    if (const char* hooks = std::getenv("TCPTRAIL_HOOKS")) words.insert(words.end(), {"--hooks", hooks});
    words.insert(words.end(), options.arguments.begin(), options.arguments.end());
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (auto& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    options.prepare();
    // A change of user clears the wish to die with the test.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (options.by_descriptor) {
      ::execveat(program, "", pointers.data(), ::environ, AT_EMPTY_PATH);
    } else {
      ::execv(program_under_test().c_str(), pointers.data());
    }
    ::dprintf(STDERR_FILENO, "test: exec: %s\n", std::strerror(errno));
  } catch (const std::exception& error) {
    ::dprintf(STDERR_FILENO, "test: before exec: %s\n", error.what());
  }
  ::_exit(kExecFailed);
}

Tracer::~Tracer() {
  if (pidfd_) {
    Outcome ignored;
    ::kill(pid_, SIGKILL);
    reap(ignored, Seconds(5));
  }
  ::unlink((folder_ + "/notify").c_str());
  ::rmdir(folder_.c_str());
}

void Tracer::wait_ready() {
  const auto deadline = std::chrono::steady_clock::now() + patiently(kReadyLimit);
  while (std::chrono::steady_clock::now() < deadline) {
    std::array<pollfd, 2> entries{pollfd{notify_.get(), POLLIN, 0}, pollfd{pidfd_.get(), POLLIN, 0}};
    if (::poll(entries.data(), entries.size(), 1000) <= 0) continue;
    if (entries[0].revents != 0) {
      std::array<char, 512> message{};
      const auto got = check(::recv(notify_.get(), message.data(), message.size(), 0), "recv");
      const std::string_view text(message.data(), static_cast<std::size_t>(got));
      if (text.find("READY=1") != std::string_view::npos) return;
    } else if (entries[1].revents != 0) {
      throw std::runtime_error("the tracer ended before it was ready: " + wait_exit().report());
    }
  }
  throw std::runtime_error("the tracer was not ready in time: " + stop(SIGKILL).report());
}

std::string Tracer::output() const { return content_of(output_); }

void Tracer::send_signal(int signal) const { check(::kill(pid_, signal), "kill"); }

Outcome Tracer::stop(int signal) {
  send_signal(signal);
  return wait_exit();
}

Outcome Tracer::wait_exit(Seconds limit) {
  Outcome outcome;
  reap(outcome, limit);
  outcome.output = output();
  outcome.lines = lines_of(outcome.output);
  outcome.errors = content_of(errors_);
  return outcome;
}

void Tracer::reap(Outcome& outcome, Seconds limit) {
  int status = wait_status(pid_, pidfd_.get(), limit);
  outcome.in_time = status != -1;
  if (!outcome.in_time) {
    ::kill(pid_, SIGKILL);
    status = wait_status(pid_, pidfd_.get(), Seconds(5));
  }
  pidfd_.reset();
  outcome.exit_code = status != -1 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Outcome trace(const std::vector<std::string>& arguments, const std::function<void()>& scenario) {
  Tracer tracer({.arguments = arguments});
  tracer.wait_ready();
  scenario();
  return tracer.stop();
}

}  // namespace tcptrail::test
