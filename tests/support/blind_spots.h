#pragma once
// What a family of hooks cannot see: as data, which the tests hold the program to and docs/hooks.md shows.

#include <string>
#include <vector>

#include "support/expect.h"
#include "support/family.h"

namespace tcptrail::test {

enum class BlindSpot {
  kRingFailureBeforeSyn,
  kRingFailureWithoutSocketError,
  kRingAccept,
  kFastOpenDenied,
  kFastOpenFailureBeforeSyn,
  kFastOpenFailureWithoutSocketError,
  kCompatFailureBeforeSyn,
  kCompatFailureWithoutSocketError,
  kCompatAccept,
  kCompatAcceptSinceBefore,
};

bool is_blind(Family family, BlindSpot spot);

// What the family under test has to tell of a case: `told`, or where it is blind `instead` and no more.
std::vector<Expected> unless_blind(BlindSpot spot, std::vector<Expected> told, std::vector<Expected> instead);

// The table of docs/hooks.md.
std::string blind_spots_as_markdown();

}  // namespace tcptrail::test
