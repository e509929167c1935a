#pragma once
// A 32-bit program that makes one call on one socket: the kernel takes its calls in by other doors than those
// of programs of its own width.

#include <string>

#include "support/posix.h"
#include "support/sockets.h"

namespace tcptrail::test {

enum class Compat32 : char {
  kNothing = 'n',
  kConnect = 'c',
  kSocketcallConnect = 'C',
  kAccept4 = 'a',
  kSocketcallAccept = 'A',
  kSocketcallAccept4 = '4',
};

// Turns the calling process into the 32-bit program: it makes `call` on `socket`, which closes everything
// with it when it then ends, and fails unless the call gave `wanted_errno`. Throws where the kernel does not
// run it.
[[noreturn]] void become_compat32(Compat32 call, const UniqueFd& socket, const SockAddr& target = {},
                                  int wanted_errno = 0);

// The calling process, as it will be then.
Identity own_identity_as_compat32();

// Why there is no such program; empty if there is.
std::string lacks_compat32_program();

}  // namespace tcptrail::test
