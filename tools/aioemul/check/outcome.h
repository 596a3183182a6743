// What came of a check on a backend.

#ifndef AIOEMUL_TOOLS_AIOEMUL_CHECK_OUTCOME_H_
#define AIOEMUL_TOOLS_AIOEMUL_CHECK_OUTCOME_H_

#include <stddef.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace aioemul::tools::check {

enum class Verdict {
  kHolds,
  kFails,        // Something observed is not as claimed.
  kCrashed,      // A signal ended the process.
  kHung,         // Not over within the time limit.
  kEndedEarly,   // The process ended itself before the check was over.
  kUnsupported,  // The backend says that it cannot do this.
  kNotRun,       // The machine lacks what the check needs.
  kNothingSeen,  // The check observed nothing: a fault of the suite.
};

// In this order they are counted and shown.
absl::Span<const Verdict> AllVerdicts();

// "holds", "ended-early": as in files and tables.
absl::string_view VerdictName(Verdict verdict);
// False when there is no such name.
bool ParseVerdict(absl::string_view name, Verdict* verdict);

// Whether the backend did not do what the check claims: neither what holds nor
// what could not be tried.
bool IsFailure(Verdict verdict);

struct Outcome {
  Verdict verdict = Verdict::kNotRun;
  // What was observed amiss, or why it was not supported or not run.
  std::vector<std::string> observed;
  std::string printed;  // What the process wrote to its stdout and stderr.
  double seconds = 0;
  // Whether it counts against the backend; decided in the end (results.h,
  // expectations.h).
  bool fault = false;
};

// How a check's process ended.
struct ProcessEnd {
  bool timed_out = false;
  int status = 0;  // As waitpid has it.
};

// Reads what a check tells: lines "KIND TEXT", of which the kinds are "held",
// "failed", "unsupported", "notrun" and, in the end, "done".
class ResultReader {
 public:
  // The next piece of the text, wherever it is cut.
  void Feed(absl::string_view text);

  // Its verdict, once the process has ended.
  Outcome Judge(const ProcessEnd& end) const;

 private:
  void Line(absl::string_view line);

  std::string unfinished_;
  size_t held_ = 0;
  std::string last_held_;
  size_t failed_ = 0;
  std::vector<std::string> failures_;  // The first ones.
  std::string unsupported_;
  std::string not_run_;
  bool is_unsupported_ = false;
  bool is_not_run_ = false;
  bool done_ = false;
};

}  // namespace aioemul::tools::check

#endif  // AIOEMUL_TOOLS_AIOEMUL_CHECK_OUTCOME_H_
