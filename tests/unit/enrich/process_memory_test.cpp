// What a busy host's processes take: 50,000 live ones, each with a program and arguments of its own, in at
// most 64 MiB.

#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdio>
#include <memory>
#include <string>

#include "enrich/process_table.h"

namespace tcptrail::enrich {
namespace {

constexpr std::uint32_t kProcesses = 50'000;
constexpr std::size_t kMost = 64U << 20U;

std::size_t heap_in_use() {
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

model::ProcessState state(std::uint32_t number) {
  model::ProcessState state;
  state.pid = 1000 + number;
  state.start = 1'000'000'000ULL * (number + 1);
  if (number != 0) {
    state.parent_pid = 1000 + number / 8;
    state.parent_mark = model::start_mark(1'000'000'000ULL * (number / 8 + 1));
  }
  state.comm = model::Comm("php-fpm8.2");
  return state;
}

TEST(ProcessMemory, OfFiftyThousandIsAtMost64MiB) {
  const std::size_t before = heap_in_use();
  ProcessTable table(ProcReader("/nonexistent"), ProcessTableLimits{}, 0);
  for (std::uint32_t number = 0; number < kProcesses; ++number) {
    model::ProcessState who = state(number);
    table.learn(model::Forked{who});
    auto program = std::make_shared<model::Program>();
    program->exe = "/usr/sbin/php-fpm8.2";
    program->args = {"/usr/sbin/php-fpm8.2", "--nodaemonize", "--fpm-config",
                     "/etc/php/8.2/fpm/pools/customer-" + std::to_string(number) + ".example.org.conf",
                     "--pid=/run/php/customer-" + std::to_string(number) + ".pid"};
    program->cwd = "/var/www/customer-" + std::to_string(number);
    who.execs = 1;
    table.learn(model::Execed{who, program});
    ASSERT_TRUE(table.find(who.pid, model::start_mark(who.start), 1));
  }

  const std::size_t taken = heap_in_use() - before;

  std::printf("%u processes: %.1f MiB, %zu bytes each\n", kProcesses, static_cast<double>(taken) / (1 << 20),
              taken / kProcesses);
  EXPECT_EQ(table.counts().live, kProcesses);
  EXPECT_EQ(table.counts().evicted, 0U);
  EXPECT_LE(taken, kMost);
}

// Whoever likes may run programs with long paths and arguments, one after the other or all at once.
TEST(ProcessMemory, OfLongArgumentsIsBounded) {
  constexpr std::size_t kPrograms = 64U << 20U;
  for (const bool at_once : {false, true}) {
    const std::size_t before = heap_in_use();
    ProcessTable table(ProcReader("/nonexistent"), {.program_bytes = kPrograms}, 0);
    for (std::uint32_t number = 0; number < 20'000; ++number) {
      model::ProcessState who = state(number);
      table.learn(model::Forked{who});
      auto program = std::make_shared<model::Program>();
      program->exe = program->cwd = "/" + std::string(4000, 'x');
      program->args.assign(model::kMostArguments, std::string(31, 'y'));
      who.execs = 1;
      table.learn(model::Execed{who, std::move(program)});
      if (!at_once) table.learn(model::Exited{who});
    }

    const std::size_t taken = heap_in_use() - before;

    EXPECT_LE(taken, 2 * kPrograms) << (at_once ? "at once" : "one after the other");
    EXPECT_EQ(table.counts().evicted > 0, at_once) << "who is gone gives way, and is not missed";
  }
}

}  // namespace
}  // namespace tcptrail::enrich
