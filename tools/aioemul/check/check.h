// A check: one clause of the contract, put to the test on a backend.

#ifndef AIOEMUL_TOOLS_AIOEMUL_CHECK_CHECK_H_
#define AIOEMUL_TOOLS_AIOEMUL_CHECK_CHECK_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace aioemul::tools::check {

class Trial;

// How a clause stands to POSIX.1-2024.
enum class Standing {
  kDemanded,  // POSIX demands it.
  kChosen,    // POSIX allows it and others; this library chose it.
  kPromised,  // POSIX says nothing of it, or less; this library promises it.
};

struct Check {
  // "AREA.BEHAVIOUR", in lower case with hyphens: "cancel.idle-pipe-read".
  absl::string_view name;
  // The row of docs/contract.md, "E3", and where POSIX has it.
  absl::string_view clause;
  absl::string_view posix;  // "aio_cancel, DESCRIPTION"; empty for a promise.
  Standing standing;
  // What must hold, in one sentence.
  absl::string_view claim;
  // Runs in a process of its own.  Returns when there is no more to see.
  void (*run)(Trial& trial);
  // What must be before the backend is loaded, if anything.
  void (*prepare)() = nullptr;
};

// The checks, in the order of the contract's rows; each area is a file of its
// own, and all_checks.cc puts them together.
absl::Span<const Check* const> AllChecks();

}  // namespace aioemul::tools::check

#endif  // AIOEMUL_TOOLS_AIOEMUL_CHECK_CHECK_H_
