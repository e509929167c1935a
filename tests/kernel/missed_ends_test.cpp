// A socket's end may be missed, and its destruction too (docs/hooks.md). What is remembered of it then says
// nothing of the next socket at the same address: neither is a failure of that one swallowed, nor is the old
// end told with the new socket's figures.

#include <algorithm>
#include <vector>

#include "support/accounting.h"
#include "support/kernel_test.h"
#include "support/tracer_maps.h"

namespace tcptrail::test {
namespace {

constexpr int kSocketsAfter =
    16;  // after each connection; one of them mostly gets the address of the one that ended

class MissedEndsTest : public KernelTest {
 protected:
  // Makes the tracer miss an end of each connection, and uses new sockets, which meet the old addresses.
  void run(const std::function<void(const UniqueFd& socket)>& use) {
    Tracer tracer({.arguments = {"-o", "json", "-e", "close,fail", "--stats", "--netns", ns().inode_text()}});
    tracer.wait_ready();
    const TracerMaps maps(tracer.pid());
    ns().run([&] {
      const UniqueFd listener = listen_at(server_);
      for (int i = 0; i < connections_; ++i) {
        miss_an_end(maps, listener.get());
        std::vector<UniqueFd> sockets(kSocketsAfter);
        for (UniqueFd& socket : sockets) {
          socket = tcp_socket(AF_INET);
          use(socket);
        }
      }
    });
    outcome_ = tracer.stop();
    ASSERT_TRUE(outcome_.in_time && outcome_.exit_code == 0 && outcome_.complaints().empty())
        << outcome_.report();
    EXPECT_TRUE(accounts_close(outcome_));
  }

  std::int64_t told(std::string_view kind) const {
    const auto events = outcome_.events();
    return std::count_if(events.begin(), events.end(),
                         [&](const Event& event) { return event.kind() == kind; });
  }

  // Both ends of each connection were seen to end; of those that were then forgotten, a close is lost.
  void expect_each_close_told_once() const {
    if (!sockets_have_names_) return;  // before 5.12 a new socket cannot be told from an old one
    EXPECT_EQ(told("close"), 2 * connections_) << outcome_.report();
    const auto lost = Accounting(outcome_).at("lost", "close");
    EXPECT_LE(lost, missed_) << outcome_.report();
    EXPECT_GT(lost, 0) << "no address was used again, so nothing was shown\n" << outcome_.report();
  }

  const Outcome& outcome() const { return outcome_; }

 private:
  void miss_an_end(const TracerMaps& maps, int listener) {
    UniqueFd socket = connect_to(server_);
    const UniqueFd accepted = accept_from(listener);
    const auto memory = maps.memory_of(ns().inode(), SockAddr::local_of(socket.get()).port());
    demand(memory.has_value(), "the tracer does not remember a connection");
    if (memory->socket.conn.id >> 63 != 0) sockets_have_names_ = false;
    close_with_reset(std::move(socket));
    missed_ += maps.put_back(*memory) ? 1 : 0;
  }

  const SockAddr server_{"127.0.0.1", 7001};
  Outcome outcome_;
  bool sockets_have_names_ = true;
  int missed_ = 0;

 protected:
  const int connections_ = scaled(20);
};

TEST_F(MissedEndsTest, AFailureBeforeTheSynIsToldAllTheSame) {
  run([](const UniqueFd& socket) { demand_connect(socket.get(), {"192.0.2.1", 80}, ENETUNREACH); });

  EXPECT_EQ(told("fail"), connections_ * kSocketsAfter) << outcome().report();
  expect_each_close_told_once();
}

TEST_F(MissedEndsTest, ASocketThatDidNothingEndsNoConnection) {
  run([](const UniqueFd&) {});

  EXPECT_EQ(told("fail"), 0) << outcome().report();
  expect_each_close_told_once();
}

}  // namespace
}  // namespace tcptrail::test
