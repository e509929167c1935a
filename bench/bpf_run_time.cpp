#include "bpf_run_time.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/core.h>
#include <linux/bpf.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "check.h"

namespace tcptrail::bench {
namespace {

// Calls use(file) for the /proc file that describes each descriptor of the process.
template <typename Use>
void for_each_fdinfo(pid_t pid, Use use) {
  std::error_code gone;  // descriptors close while we look; so may the process
  for (std::filesystem::directory_iterator it(fmt::format("/proc/{}/fdinfo", pid), gone), end;
       !gone && it != end; it.increment(gone)) {
    std::ifstream file(it->path());
    use(file);
  }
}

std::set<std::uint32_t> program_ids_of(pid_t pid) {
  std::set<std::uint32_t> ids;
  for_each_fdinfo(pid, [&](std::istream& file) {
    for (std::string key, value; file >> key && std::getline(file, value);)
      if (key == "prog_id:") ids.insert(static_cast<std::uint32_t>(std::stoul(value)));
  });
  return ids;
}

UniqueFd load_empty_program() {
  // r0 = 0; exit
  const std::array<bpf_insn, 2> instructions{
      bpf_insn{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .src_reg = 0, .off = 0, .imm = 0},
      bpf_insn{.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};
  bpf_prog_load_opts options{};
  options.sz = sizeof options;
  options.expected_attach_type = BPF_TRACE_RAW_TP;
  options.attach_btf_id = static_cast<std::uint32_t>(check(
      libbpf_find_vmlinux_btf_id("inet_sock_set_state", BPF_TRACE_RAW_TP), "looking up the tracepoint"));
  return UniqueFd(check(bpf_prog_load(BPF_PROG_TYPE_TRACING, "bench_empty", "GPL", instructions.data(),
                                      instructions.size(), &options),
                        "loading the empty program"));
}

}  // namespace

RunTimeCounting::RunTimeCounting()
    : fd_(check(bpf_enable_stats(BPF_STATS_RUN_TIME), "turning BPF run time counting on")) {}

Programs Programs::of_process(pid_t pid) {
  Programs found;
  for (const auto id : program_ids_of(pid)) {
    UniqueFd program(bpf_prog_get_fd_by_id(id));
    if (program.get() >= 0) found.programs_.push_back(std::move(program));
  }
  return found;
}

double Programs::nanoseconds() const {
  double total = 0;
  for (const auto& time : run_times()) total += static_cast<double>(time.nanoseconds);
  return total;
}

std::vector<RunTime> Programs::run_times() const {
  std::vector<RunTime> times;
  for (const auto& program : programs_) {
    bpf_prog_info info{};
    std::uint32_t size = sizeof info;
    check(bpf_obj_get_info_by_fd(program.get(), &info, &size), "reading a program's run time");
    times.push_back({info.name, info.run_time_ns, info.run_cnt});
  }
  return times;
}

EmptyProgram::EmptyProgram() {
  UniqueFd program = load_empty_program();
  attachment_ =
      UniqueFd(check(bpf_raw_tracepoint_open(nullptr, program.get()), "attaching the empty program"));
  programs_ = Programs(std::move(program));
}

std::uint64_t map_memory_kib(pid_t pid) {
  std::uint64_t bytes = 0;
  std::set<std::uint64_t> seen;
  for_each_fdinfo(pid, [&](std::istream& file) {
    std::uint64_t memory = 0;
    for (std::string key, value; file >> key && std::getline(file, value);) {
      if (key == "memlock:") memory = std::stoull(value);
      if (key == "map_id:" && seen.insert(std::stoull(value)).second) bytes += memory;
    }
  });
  return bytes / 1024;
}

}  // namespace tcptrail::bench
