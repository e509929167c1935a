#pragma once
// Where one act of the traffic plays: one server's address in one namespace. Its processes note here what
// they cause.

#include <cstddef>
#include <cstdint>
#include <functional>

#include "happening.h"
#include "support/sockets.h"

namespace tcptrail::test::soak {

// Lies in memory that all processes of the traffic share (Shared<Log>).
struct Log {
  static constexpr std::size_t kMost = 1 << 15;
  std::size_t count = 0;
  std::array<Happening, kMost> happenings;
};

// What was noted, which is then forgotten. Only when no one notes any more.
Tally take_all(Log& log);

Owner self();
void become_other_user();  // for good

class Stage {
 public:
  struct Setting {
    std::uint64_t netns = 0;
    SockAddr server;
    int workers = 0;  // how many short-lived processes come, where an act has them
    int turn = 0;     // counts the rounds: some acts go another way each time
  };

  Stage(Log& log, const Setting& setting) : log_(log), setting_(setting) {}

  const SockAddr& server() const { return setting_.server; }
  SockAddr elsewhere() const;  // where no route leads
  int turn() const { return setting_.turn; }
  int workers() const { return setting_.workers; }

  // One process after the other, every second one another user's; they overlap. Until all have ended.
  void in_workers(const std::function<void()>& body) const;

  void note_listener() const;             // its beginning and its end
  void note_connected(int socket) const;  // at once, before any data
  void note_accepted() const;
  void note_refused() const;
  void note_no_route() const;
  void note_given_up(int socket) const;
  void note_closed_outbound(std::string_view end, Owner owner = self()) const;
  void note_closed_inbound(std::string_view end, Owner owner = self()) const;

 private:
  void note_attempt(int socket) const;
  void note(std::string_view kind, std::string_view direction, std::string_view how = "",
            Owner owner = self()) const;
  void note(const Happening& happening) const;

  Log& log_;
  Setting setting_;
};

}  // namespace tcptrail::test::soak
