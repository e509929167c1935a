#include "support/blind_spots.h"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace tcptrail::test {
namespace {

struct Row {
  BlindSpot spot;
  std::string_view what;
  std::vector<Family> blind;
  std::string_view consequence;
};

constexpr std::string_view kNothing = "nothing: it ends before the SYN, and passes no hook";
constexpr std::string_view kCauseless =
    "the failure, when the socket is closed or tries again: `reason` other, no `error`";
constexpr std::string_view kOfListener =
    "no `accept`; the `close` names the listener's process if that still listens, `accepted` false";

const std::vector<Row>& rows() {
  using enum Family;
  static const std::vector<Family> kAll(std::begin(kFamilies), std::end(kFamilies));
  static const std::vector<Row> kRows{
      {BlindSpot::kRingFailureBeforeSyn,
       "connect by io_uring, failing before the SYN (no route, denied)",
       {kTracepoint},
       kNothing},
      {BlindSpot::kRingFailureWithoutSocketError,
       "connect by io_uring, failing without an error on the socket (no free port)",
       {kTracepoint},
       kCauseless},
      {BlindSpot::kRingAccept, "accept by io_uring", {kTracepoint}, kOfListener},
      {BlindSpot::kFastOpenDenied, "`sendto(MSG_FASTOPEN)`, denied by a cgroup program", kAll, kNothing},
      {BlindSpot::kFastOpenFailureBeforeSyn,
       "`sendto(MSG_FASTOPEN)`, failing before the SYN (no route)",
       {kTracepoint},
       kNothing},
      {BlindSpot::kFastOpenFailureWithoutSocketError,
       "`sendto(MSG_FASTOPEN)`, failing without an error on the socket (no free port)",
       {kTracepoint},
       kCauseless},
      {BlindSpot::kCompatFailureBeforeSyn,
       "`connect()` of a 32-bit program, failing before the SYN (no route, denied)",
       {kTracepoint},
       kNothing},
      {BlindSpot::kCompatFailureWithoutSocketError,
       "`connect()` of a 32-bit program, failing without an error on the socket (no free port)",
       {kTracepoint},
       kCauseless},
      {BlindSpot::kCompatAccept, "`accept()` of a 32-bit program", {kTracepoint}, kOfListener},
      {BlindSpot::kCompatAcceptSinceBefore,
       "`accept()` that a 32-bit program has waited in since before tracing began", kAll, kOfListener},
  };
  return kRows;
}

const Row& row_of(BlindSpot spot) {
  const auto found =
      std::find_if(rows().begin(), rows().end(), [&](const Row& row) { return row.spot == spot; });
  if (found == rows().end()) throw std::invalid_argument("a blind spot without its row");
  return *found;
}

bool is_blind(Family family, const Row& row) {
  return std::find(row.blind.begin(), row.blind.end(), family) != row.blind.end();
}

}  // namespace

bool is_blind(Family family, BlindSpot spot) { return is_blind(family, row_of(spot)); }

std::vector<Expected> unless_blind(BlindSpot spot, std::vector<Expected> told,
                                   std::vector<Expected> instead) {
  return is_blind(family_under_test(), spot) ? std::move(instead) : std::move(told);
}

std::string blind_spots_as_markdown() {
  std::string text = "| case |";
  std::string rule = "|---|";
  for (const Family family : kFamilies) {
    text.append(" ").append(name_of(family)).append(" |");
    rule += "---|";
  }
  text += " where not, what is told instead |\n" + rule + "---|\n";
  for (const Row& row : rows()) {
    text.append("| ").append(row.what).append(" |");
    for (const Family family : kFamilies) text += is_blind(family, row) ? " no |" : " yes |";
    text.append(" ").append(row.consequence).append(" |\n");
  }
  return text;
}

}  // namespace tcptrail::test
