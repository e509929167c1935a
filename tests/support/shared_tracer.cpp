#include "support/shared_tracer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "support/load.h"

namespace tcptrail::test {
namespace {

bool is_about(const std::string& line, const TestNamespace& ns) {
  const std::string field = R"("netns":)" + ns.inode_text();  // the last one of a reject
  return line.find(field + ",") != std::string::npos || line.find(field + "}") != std::string::npos;
}

bool is_loss(const std::string& line) { return line.find(R"("event":"lost")") != std::string::npos; }

std::string with_seq(std::string line, std::size_t seq) {
  static constexpr std::string_view kName = R"("seq":)";
  const auto number = line.find(kName) + kName.size();
  const auto end = line.find_first_not_of("0123456789", number);
  return line.replace(number, end - number, std::to_string(seq));
}

}  // namespace

SharedTracer* SharedTracer::get() {
  const char* const stream = std::getenv("TCPTRAIL_SHARED_TRACER");
  if (stream == nullptr) return nullptr;
  static const std::unique_ptr<SharedTracer> kTracer(new SharedTracer(stream));
  return kTracer.get();
}

SharedTracer::SharedTracer(const std::string& stream)
    : stream_(check(::open(stream.c_str(), O_RDONLY | O_CLOEXEC), stream)) {
  struct stat info {};
  check(::fstat(stream_.get(), &info), stream);
  end_ = info.st_size;
}

std::string SharedTracer::told_since(off_t begin) const {
  struct stat info {};
  check(::fstat(stream_.get(), &info), "the shared tracer's stream");
  std::string text(static_cast<std::size_t>(std::max<off_t>(info.st_size - begin, 0)), '\0');
  const auto got =
      check(::pread(stream_.get(), text.data(), text.size(), begin), "the shared tracer's stream");
  text.resize(static_cast<std::size_t>(got));
  text.resize(text.rfind('\n') + 1);
  return text;
}

// The stream has one order, so all that came before a marker is there once the marker is.
off_t SharedTracer::sync() {
  make_refused_attempt(markers_);
  std::string told;
  const bool arrived = eventually(Seconds(20), [&] {
    told = told_since(end_);
    const auto lines = lines_of(told);
    return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
      return is_about(line, markers_) && line.find(R"("event":"fail")") != std::string::npos;
    });
  });
  demand(arrived, "the shared tracer did not tell a marker in time");
  end_ += static_cast<off_t>(told.size());
  return end_;
}

Outcome SharedTracer::trace(const TestNamespace& ns, const std::function<void()>& scenario) {
  used_.emplace_back(check(::dup(ns.descriptor()), "dup"));
  const off_t begin = sync();
  scenario();
  const off_t end = sync();

  Outcome outcome;
  outcome.in_time = true;
  outcome.exit_code = 0;
  for (const std::string& line :
       lines_of(told_since(begin).substr(0, static_cast<std::size_t>(end - begin)))) {
    if (is_about(line, ns) || is_loss(line))
      outcome.lines.push_back(with_seq(line, outcome.lines.size() + 1));
  }
  for (const std::string& line : outcome.lines) outcome.output += line + "\n";
  return outcome;
}

}  // namespace tcptrail::test
