#include "session.h"

#include <fcntl.h>
#include <fmt/core.h>

#include <array>
#include <cstdio>

#include "check.h"
#include "files.h"

namespace tcptrail::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto kStartLimit = 15s;
constexpr auto kSettleLimit = 30s;
constexpr std::uint64_t kCanaryConnections = 20;

LoadResult read_result(int fd) {
  std::array<char, 256> text{};
  const auto size = check(::read(fd, text.data(), text.size() - 1), "reading the load's result");
  text[static_cast<std::size_t>(size)] = '\0';
  LoadResult result;
  unsigned long long connections = 0;
  if (std::sscanf(
          text.data(), "connections=%llu seconds=%lf cpu_us=%lf connect_p50_us=%lf connect_p99_us=%lf",
          &connections, &result.seconds, &result.cpu_us, &result.connect_p50_us, &result.connect_p99_us) != 5)
    throw std::runtime_error("the load gave no result");
  result.connections = connections;
  return result;
}

}  // namespace

Process start_load(const Workplace& place, const LoadPlan& plan, int standard_output) {
  return Process(
      {.arguments = {place.load_program.string(), "--connections", std::to_string(plan.connections), "--rate",
                     std::to_string(plan.rate), "--port", std::to_string(plan.port), "--seconds", "120"},
       .standard_output = standard_output});
}

Session::Session(const Tracer& tracer, const Workplace& place)
    : tracer_(tracer),
      place_(place),
      output_(place.directory / "tracer.out"),
      errors_(place.directory / "tracer.err") {
  if (tracer.kind == Kind::kEmptyProgram) empty_.emplace();
  if (tracer.kind == Kind::kProcess) start_process();
  prove_attached();
}

void Session::start_process() {
  const auto output = create_file(output_), errors = create_file(errors_);
  const NotifySocket notify(place_.directory / "notify");
  process_.emplace(Command{.arguments = tracer_.command,
                           .environment = {notify.variable()},
                           .standard_output = output.get(),
                           .standard_error = errors.get()});
  if (tracer_.readiness == Readiness::kNotify && !notify.wait_for_ready(*process_, kStartLimit))
    fail(process_->ended() ? "it ended at its start" : "it sent no READY=1");
  for (const auto deadline = std::chrono::steady_clock::now() + kStartLimit;
       programs_.empty() && std::chrono::steady_clock::now() < deadline; pause(10ms)) {
    if (process_->ended()) fail("it ended at its start");
    programs_ = Programs::of_process(process_->pid());
  }
  // More may be loaded after the first one was seen: when it is idle it has them all, and reads its buffer.
  if (!wait_until_idle(*process_, kStartLimit)) fail("it never became idle");
  programs_ = Programs::of_process(process_->pid());
}

void Session::prove_attached() {
  if (tracer_.kind == Kind::kUntraced) return;
  const RunTimeCounting counting;
  load(kCanaryConnections);
  std::uint64_t runs = 0;
  for (const auto& time : programs().run_times()) runs += time.runs;
  if (runs < kCanaryConnections) fail("its programs do not run");
}

LoadResult Session::load(std::uint64_t connections, std::uint64_t rate,
                         const std::function<void()>& each_tick) {
  std::array<int, 2> ends{};
  check(::pipe2(ends.data(), O_CLOEXEC), "pipe");
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  Process load =
      start_load(place_, {.connections = connections, .rate = rate, .port = place_.load_port}, writer.get());
  writer = UniqueFd();
  for (; !load.ended(); pause(20ms))
    if (each_tick) each_tick();
  if (const int status = load.stop(); status != 0)
    throw std::runtime_error("bench_load failed: " + describe_status(status));
  owed_lines_ += connections * tracer_.lines_per_connection + tracer_.lines_per_listener;
  if (process_ && process_->ended()) fail("it ended under load");
  return read_result(reader.get());
}

void Session::settle() {
  // Beside the tracer's own backlog: the kernel frees the load's network namespace after its end.
  pause(200ms);
  if (process_ && !wait_until_idle(*process_, kSettleLimit)) fail("it never caught up");
}

Printed Session::finish() {
  if (!process_) return {};
  if (const int status = process_->stop(); status != 0) fail("at its end: " + describe_status(status));
  return read_output(tracer_, output_, errors_);
}

std::optional<pid_t> Session::pid() const { return process_ ? std::optional(process_->pid()) : std::nullopt; }

void Session::fail(const std::string& what) {
  if (process_) process_->stop();  // and so has written all that it has to say
  const auto words = last_line_of(errors_);
  throw TracerFailed(fmt::format("{}{}{}", what, words.empty() ? "" : "; it says: ", words));
}

}  // namespace tcptrail::bench
