#include "support/blind_spots.h"

#include <gtest/gtest.h>

#include "unit/support/golden.h"

namespace tcptrail::test {
namespace {

// What the kernel tests hold each family of hooks to is what users are told of it.
TEST(BlindSpotsTest, AreInTheDocumentation) {
  expect_golden_part(TCPTRAIL_DOCS "/hooks.md", "<!-- blind spots: written by unit_docs_test -->",
                     "<!-- end of blind spots -->", "\n" + blind_spots_as_markdown() + "\n");
}

}  // namespace
}  // namespace tcptrail::test
