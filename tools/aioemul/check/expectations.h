// What is known of a backend: the checks that do not hold, each with its
// verdict.  A change in either direction is a difference.
//
// A file of lines:
//   # a comment, to the end of the line
//   libc: glibc 2.36
//   cancel.idle-pipe-read fails      # the reason
//   fork.child-starts-fresh hung|crashed
// Checks that are not named are expected to hold.  The line "libc:" tells with
// which version of the C library the verdicts were found; with another one
// differences are told, but count for nothing: they are no change of ours.

#ifndef AIOEMUL_TOOLS_AIOEMUL_CHECK_EXPECTATIONS_H_
#define AIOEMUL_TOOLS_AIOEMUL_CHECK_EXPECTATIONS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/outcome.h"
#include "tools/aioemul/check/results.h"

namespace aioemul::tools::check {

struct Expectations {
  std::string libc;  // Empty: of any.
  // Any of the verdicts is right, where it is up to chance.
  std::map<std::string, std::vector<Verdict>> verdicts;
};

// kInvalidArgument with the line's number.
absl::StatusOr<Expectations> ParseExpectations(absl::string_view text);
absl::StatusOr<Expectations> ReadExpectations(const std::string& path);

struct Comparison {
  std::vector<std::string> differences;  // Each makes the command fail.
  std::vector<std::string> notes;        // What is worth telling beside them.
};

// Compares the only backend of `results`, and marks its faults.  `all` are the
// checks that a name may be of, selected or not.  What was not run for want of
// something on this machine is no difference, but noted.
Comparison CompareWith(const Expectations& expected,
                       absl::Span<const Check* const> all, Results* results);

// A line for each difference and note.
std::string RenderComparison(const Comparison& comparison);

}  // namespace aioemul::tools::check

#endif  // AIOEMUL_TOOLS_AIOEMUL_CHECK_EXPECTATIONS_H_
