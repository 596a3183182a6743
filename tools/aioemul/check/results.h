// What came of all checks on all backends, and what it amounts to.

#ifndef AIOEMUL_TOOLS_AIOEMUL_CHECK_RESULTS_H_
#define AIOEMUL_TOOLS_AIOEMUL_CHECK_RESULTS_H_

#include <stddef.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/outcome.h"

namespace aioemul::tools::check {

struct BackendResults {
  std::string backend;            // As it was asked for.
  std::vector<Outcome> outcomes;  // One for each check, in their order.
};

// A backend that is not on this machine, or cannot be loaded.
struct MissingBackend {
  std::string backend;
  std::string reason;
};

struct Results {
  std::vector<const Check*> checks;
  std::vector<BackendResults> backends;
  std::vector<MissingBackend> missing;
  std::string libc;     // "glibc 2.36"; empty when it does not tell.
  std::string kernel;   // "Linux 6.1.0".
  std::string command;  // How to get this again.
};

absl::Span<const Standing> AllStandings();
absl::string_view StandingText(Standing standing);  // "POSIX demands it"
absl::string_view StandingName(Standing standing);  // "POSIX demands"

// "E3; POSIX demands it: aio_cancel, DESCRIPTION".
std::string ClauseText(const Check& check);

// The name's part before the dot: "cancel".
absl::string_view AreaOf(const Check& check);

// How often each verdict occurs among the checks of a standing.
using Tally = std::map<Verdict, size_t>;
Tally TallyOf(const Results& results, const BackendResults& backend,
              Standing standing);

// A table of the tallies, a line for each standing.
std::string RenderTallies(const Results& results,
                          const BackendResults& backend);

// What they mean, in a sentence or two.
std::string VerdictText(const Results& results, const BackendResults& backend);

// Decides what counts against a backend: to fail what POSIX demands or, when
// `strict`, not to do all that was checked.  What was not run is no fault of
// the backend; a check that saw nothing is always one.
void MarkFaults(bool strict, Results* results);

// Whether anything counts against a backend.
bool HasFault(const Results& results);

std::string LibcVersion();
std::string KernelVersion();  // "Linux 6.1.0"

}  // namespace aioemul::tools::check

#endif  // AIOEMUL_TOOLS_AIOEMUL_CHECK_RESULTS_H_
