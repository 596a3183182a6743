// What the command is asked to check.

#ifndef AIOEMUL_TOOLS_AIOEMUL_CHECK_OPTIONS_H_
#define AIOEMUL_TOOLS_AIOEMUL_CHECK_OPTIONS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/check.h"

namespace aioemul::tools::check {

// The checks among `all` that `filter` selects: globs of names separated by
// commas, where an area stands for all of its checks, and one that begins with
// a minus sign takes away.  An empty filter selects all.  kInvalidArgument when
// a glob is about no check at all.
absl::StatusOr<std::vector<const Check*>> SelectChecks(
    absl::Span<const Check* const> all, absl::string_view filter);

// The value of --only: "" or "posix".
absl::StatusOr<std::vector<const Check*>> OnlyOf(
    std::vector<const Check*> checks, absl::string_view only);

// A backend to check.
struct Wanted {
  std::string name;
  bool needed;  // Asked for by its name: an error when it is missing.
};

// The backends that `names` ask for, each once; by default this library.
// "all" stands for every known one but the one that is wrong on purpose.
// kInvalidArgument for a name that is not known.
absl::StatusOr<std::vector<Wanted>> WantedBackends(
    absl::Span<const std::string> names);

// How many checks run at a time when nobody says it: most of them wait.
int UsualJobs();

}  // namespace aioemul::tools::check

#endif  // AIOEMUL_TOOLS_AIOEMUL_CHECK_OPTIONS_H_
