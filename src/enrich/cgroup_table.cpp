#include "enrich/cgroup_table.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>
#include <system_error>
#include <utility>

#include "base/text.h"

namespace tcptrail::enrich {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostMountinfo = 1 << 20;
constexpr std::size_t kUnknownKept = 1024;
constexpr std::chrono::seconds kLookPeriod(1);

}  // namespace

// "36 35 0:31 / /sys/fs/cgroup rw,… shared:9 - cgroup2 cgroup2 rw": the type follows the dash.
std::string CgroupTable::mount_in(std::string_view mountinfo) {
  static constexpr std::size_t kRoot = 3, kPlace = 4;
  static constexpr std::string_view kType = " - cgroup2 ";
  for (const std::string_view line : split(mountinfo, '\n')) {
    if (line.find(kType) == std::string_view::npos) continue;
    const auto fields = split(line, ' ');
    // What shows a part of the tree alone (a bind mount) would give other paths.
    if (fields.size() > kPlace && fields[kRoot] == "/") return std::string(fields[kPlace]);
  }
  return {};
}

std::string CgroupTable::mounted() {
  std::ifstream file("/proc/self/mountinfo", std::ios::binary);
  std::string text(kMostMountinfo, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return mount_in(text);
}

CgroupTable::CgroupTable(std::string mount, std::size_t most)
    : mount_(std::move(mount)), most_(most), unknown_(kUnknownKept) {
  if (mount_.empty()) return;
  UniqueFd folder(::open(mount_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct statfs system {};
  if (folder && ::fstatfs(folder.get(), &system) == 0 && system.f_type == CGROUP2_SUPER_MAGIC)
    folder_ = std::move(folder);
}

std::optional<std::string> CgroupTable::ask(std::uint64_t id) const {
  constexpr std::string_view kDeleted = " (deleted)";
  constexpr int kKernfs = 0xfe;  // FILEID_KERNFS: the handle is the inode number, which is the id
  if (!folder_) return std::nullopt;
  alignas(file_handle) std::array<char, sizeof(file_handle) + sizeof(id)> bytes{};
  auto* const handle = new (bytes.data()) file_handle;
  handle->handle_bytes = sizeof(id);
  handle->handle_type = kKernfs;
  std::memcpy(bytes.data() + sizeof(file_handle), &id, sizeof(id));
  const UniqueFd found(::open_by_handle_at(folder_.get(), handle, O_PATH | O_CLOEXEC));
  if (!found) return errno == ESTALE ? std::optional(std::string()) : std::nullopt;
  std::error_code unknown;
  std::string path = fs::read_symlink("/proc/self/fd/" + std::to_string(found.get()), unknown).string();
  if (path.ends_with(kDeleted)) path.resize(path.size() - kDeleted.size());
  return path.starts_with(mount_) ? from_mount(path) : std::string();
}

std::string CgroupTable::from_mount(const std::string& path) const {
  return path.size() == mount_.size() ? "/" : path.substr(mount_.size());
}

void CgroupTable::put(std::uint64_t id, std::string path) {
  const auto [place, fresh] = paths_.try_emplace(id);
  if (fresh) order_.push_back(id);
  if (fresh || *place->second != path) place->second = std::make_shared<const std::string>(std::move(path));
  if (order_.size() > most_) {
    paths_.erase(order_.front());
    order_.pop_front();
  }
}

void CgroupTable::seed() {
  looked_ = std::chrono::steady_clock::now();
  if (mount_.empty()) return;
  const auto take = [this](const fs::path& folder) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) return;
    put(status.st_ino, from_mount(folder.string()));
  };
  take(mount_);
  // Each folder by itself: one that vanishes meanwhile must not end the whole walk.
  std::vector<fs::path> left = {mount_};
  while (!left.empty()) {
    const fs::path above = std::move(left.back());
    left.pop_back();
    std::error_code gone;
    fs::directory_iterator folder(above, gone);
    for (; !gone && folder != fs::directory_iterator(); folder.increment(gone)) {
      std::error_code unknown;
      if (!folder->is_directory(unknown) || folder->is_symlink(unknown)) continue;
      take(folder->path());
      left.push_back(folder->path());
    }
  }
}

void CgroupTable::learn(const model::CgroupMade& news) { put(news.id, news.path); }

std::shared_ptr<const std::string> CgroupTable::find(std::uint64_t id) {
  if (const auto found = paths_.find(id); found != paths_.end()) return found->second;
  std::uint64_t& unknown = unknown_[id % unknown_.size()];
  if (id == 0 || unknown == id) return nullptr;
  if (auto path = ask(id)) {
    if (!path->empty()) put(id, *std::move(path));
  } else if (std::chrono::steady_clock::now() - looked_ >= kLookPeriod) {
    seed();
  } else {
    return nullptr;
  }
  const auto found = paths_.find(id);
  if (found != paths_.end()) return found->second;
  unknown = id;
  return nullptr;
}

}  // namespace tcptrail::enrich
