#include "support/knock.h"

#include <spawn.h>
#include <unistd.h>

#include <filesystem>

namespace tcptrail::test {
namespace {

std::vector<char*> as_argv(const std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  return argv;
}

}  // namespace

std::string knock_path() {
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "knock").string();
}

std::vector<std::string> knock_arguments(std::uint16_t port, const std::vector<std::string>& more) {
  std::vector<std::string> all{"knock", std::to_string(port)};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

void become(const std::string& path, const std::vector<std::string>& arguments) {
  ::execv(path.c_str(), as_argv(arguments).data());
  throw_errno(path);
}

void become(int program, const std::vector<std::string>& arguments) {
  ::fexecve(program, as_argv(arguments).data(), environ);
  throw_errno("fexecve");
}

pid_t start_program(const std::string& path, const std::vector<std::string>& arguments) {
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, path.c_str(), nullptr, nullptr, as_argv(arguments).data(), environ);
  if (error != 0) throw std::system_error(error, std::generic_category(), path);
  return pid;
}

}  // namespace tcptrail::test
