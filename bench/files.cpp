#include "files.h"

#include <fcntl.h>

#include <fstream>

#include "check.h"

namespace tcptrail::bench {

UniqueFd create_file(const std::filesystem::path& path) {
  return UniqueFd(check(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), path.string()));
}

std::string last_line_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string last;
  for (std::string line; std::getline(file, line);)
    if (!line.empty()) last = line;
  return last;
}

}  // namespace tcptrail::bench
