#include "enrich/container.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/text.h"

namespace tcptrail::enrich {
namespace {

constexpr std::size_t kMostPath = 4096;
constexpr std::size_t kMostName = 255;

// What stands for the container in a cgroup's name.
enum class Names { kHexId, kMachine };

// "docker-" ID ".scope": a cgroup of that form is a container's. Its parent may have to have a certain name.
struct Form {
  std::string_view prefix, suffix;
  Names names;
  std::string_view runtime;      // empty: the form does not tell
  std::string_view parent = {};  // empty: any
};

// Prefixes before those that they begin with. A monitor's cgroup (libpod-conmon-, crio-conmon-, lxc.monitor.)
// fits none: what follows is no id, or it has a form of its own that says so.
constexpr std::array<Form, 18> kForms = {{
    {"docker-", ".scope", Names::kHexId, "docker"},
    {"cri-containerd-", ".scope", Names::kHexId, "containerd"},
    {"nerdctl-", ".scope", Names::kHexId, "containerd"},
    {"containerd-", ".scope", Names::kHexId, "containerd"},
    {"crio-", ".scope", Names::kHexId, "cri-o"},
    {"crio-", "", Names::kHexId, "cri-o"},
    {"libpod-payload-", "", Names::kHexId, "podman"},  // --cgroups=split, as Quadlet's services run
    {"libpod-", ".scope", Names::kHexId, "podman"},
    {"libpod-", "", Names::kHexId, "podman"},
    {"systemd-nspawn@", ".service", Names::kMachine, "systemd-nspawn"},
    {"machine-lxc\\x2d", ".scope", Names::kMachine, "libvirt-lxc"},
    {"machine-", ".scope", Names::kMachine, "systemd-nspawn"},
    {"lxc.payload.", "", Names::kMachine, "lxc"},
    {"", "", Names::kMachine, "lxc", "lxc"},
    {"", "", Names::kMachine, "lxc", "lxc.payload"},
    {"", "", Names::kHexId, "docker", "docker"},
    {"", "", Names::kHexId, "podman", "libpod_parent"},
    {"", "", Names::kHexId, ""},
}};

bool is_hex_id(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

int hex_digit(char c) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  const std::size_t at = kDigits.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

// systemd writes "a-b" as "a\x2db" in the names of its units.
std::string unescaped(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    if (text.size() >= 4 && text.starts_with("\\x") && hex_digit(text[2]) >= 0 && hex_digit(text[3]) >= 0) {
      plain.push_back(static_cast<char>(hex_digit(text[2]) * 16 + hex_digit(text[3])));
      text.remove_prefix(4);
    } else {
      plain.push_back(text.front());
      text.remove_prefix(1);
    }
  }
  return plain;
}

// "machine-lxc\x2d4711\x2dweb.scope": libvirt puts its own number before the name.
std::string_view without_number(std::string_view name) {
  const std::size_t dash = name.find('-');
  const bool numbered = dash != std::string_view::npos && dash > 0 &&
                        name.substr(0, dash).find_first_not_of("0123456789") == std::string_view::npos;
  return numbered ? name.substr(dash + 1) : name;
}

std::optional<model::Container> match(const Form& form, std::string_view name, std::string_view parent) {
  if (!form.parent.empty() && parent != form.parent) return std::nullopt;
  if (name.size() <= form.prefix.size() + form.suffix.size() || name.size() > kMostName) return std::nullopt;
  if (!name.starts_with(form.prefix) || !name.ends_with(form.suffix)) return std::nullopt;
  name.remove_prefix(form.prefix.size());
  name.remove_suffix(form.suffix.size());
  model::Container container;
  container.runtime = form.runtime;
  if (form.names == Names::kHexId) {
    if (!is_hex_id(name)) return std::nullopt;
    container.id = name;
  } else {
    std::string plain = unescaped(name);
    if (form.runtime == "libvirt-lxc") plain = without_number(plain);
    if (form.prefix == "machine-" && plain.starts_with("qemu-"))
      return std::nullopt;  // libvirt's virtual machines
    container.id = plain;   // such a machine has no other
    container.name = std::move(plain);
  }
  return container;
}

// "/system.slice/containerd.service/kubepods-…-pod….slice:cri-containerd:ID": the name that runc gives where
// the cgroup driver that it was configured for is not the one that is in use.
std::optional<model::Container> match_joined(std::string_view name) {
  const std::vector<std::string_view> parts = split(name, ':');
  if (parts.size() != 3 || !is_hex_id(parts[2])) return std::nullopt;
  model::Container container;
  container.id = parts[2];
  if (parts[1] == "cri-containerd") container.runtime = "containerd";
  if (parts[1] == "crio") container.runtime = "cri-o";
  if (parts[1] == "docker") container.runtime = "docker";
  if (parts[1] == "libpod") container.runtime = "podman";
  return container;
}

// "pod1234_…" of "kubepods-burstable-pod1234_….slice", which may have a prefix of the kubelet's own (kind:
// "kubelet-"), or "pod1234-…" → "1234-…"; empty if it names no pod.
std::string pod_uid(std::string_view name) {
  name = name.substr(0, name.find(':'));
  if (name.ends_with(".slice")) {
    if (!name.starts_with("kubepods") && name.find("-kubepods") == std::string_view::npos) return {};
    name.remove_suffix(std::string_view(".slice").size());
    name.remove_prefix(name.rfind('-') + 1);
  }
  if (!name.starts_with("pod")) return {};
  std::string uid(name.substr(3));
  std::replace(uid.begin(), uid.end(), '_', '-');
  // A UUID, or the 32 digits of a static pod.
  const bool plausible = (uid.size() == 36 || uid.size() == 32) &&
                         uid.find_first_not_of("0123456789abcdef-") == std::string::npos;
  return plausible ? uid : std::string();
}

}  // namespace

std::optional<model::Container> container_of(std::string_view cgroup_path) {
  if (cgroup_path.size() > kMostPath) return std::nullopt;
  std::optional<model::Container> innermost;
  std::string pod;
  std::string_view parent;
  for (const std::string_view name : split(cgroup_path, '/')) {
    if (name.empty()) continue;
    if (std::string uid = pod_uid(name); !uid.empty()) pod = std::move(uid);
    std::optional<model::Container> found = match_joined(name);
    for (const Form& form : kForms) {
      if (found) break;
      found = match(form, name, parent);
    }
    if (found) {
      found->pod_uid = pod;
      innermost = std::move(found);
    }
    parent = name;
  }
  return innermost;
}

}  // namespace tcptrail::enrich
