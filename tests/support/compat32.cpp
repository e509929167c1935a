#include "support/compat32.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <vector>

namespace tcptrail::test {
namespace {

constexpr const char* kName = "compat32";
constexpr int kProgramsSocket = 3;

// Beside the test program, wherever both were copied to.
std::string program_path() {
  std::array<char, 4096> self{};
  const auto length = check(::readlink("/proc/self/exe", self.data(), self.size()), "/proc/self/exe");
  const std::string path(self.data(), static_cast<std::size_t>(length));
  return path.substr(0, path.rfind('/') + 1) + kName;
}

std::vector<char> request_for(Compat32 call, const SockAddr& target, int wanted_errno) {
  std::vector<char> request{static_cast<char>(call), static_cast<char>(wanted_errno)};
  const auto* address = reinterpret_cast<const char*>(target.get());
  request.insert(request.end(), address, address + target.size());
  return request;
}

}  // namespace

void become_compat32(Compat32 call, const UniqueFd& socket, const SockAddr& target, int wanted_errno) {
  const std::string path = program_path();
  const auto request = request_for(call, target, wanted_errno);
  const Pipe input = Pipe::make();
  check(::write(input.write_end.get(), request.data(), request.size()), "write");
  const UniqueFd spare(check(::fcntl(socket.get(), F_DUPFD_CLOEXEC, kProgramsSocket + 1), "F_DUPFD"));
  check(::dup2(input.read_end.get(), STDIN_FILENO), "dup2");
  check(::dup2(spare.get(), kProgramsSocket), "dup2");
  ::execl(path.c_str(), kName, nullptr);
  throw_errno(path);
}

Identity own_identity_as_compat32() {
  Identity who = own_identity();
  std::strncpy(who.comm, kName, sizeof who.comm);
  return who;
}

std::string lacks_compat32_program() {
  const std::string path = program_path();
  return ::access(path.c_str(), X_OK) == 0 ? "" : path + " is not there: it is built on x86-64 alone";
}

}  // namespace tcptrail::test
