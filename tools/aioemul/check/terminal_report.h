// What the command prints for a person.

#ifndef AIOEMUL_TOOLS_AIOEMUL_CHECK_TERMINAL_REPORT_H_
#define AIOEMUL_TOOLS_AIOEMUL_CHECK_TERMINAL_REPORT_H_

#include <string>

#include "absl/types/span.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/results.h"

namespace aioemul::tools::check {

// What --list prints: each check with its clause and its claim.
std::string RenderList(absl::Span<const Check* const> checks);

// What did not hold, backend by backend; of several backends the verdicts side
// by side; then the unmet demands and the counts; the last lines are the
// verdict.
std::string RenderForTerminal(const Results& results);

}  // namespace aioemul::tools::check

#endif  // AIOEMUL_TOOLS_AIOEMUL_CHECK_TERMINAL_REPORT_H_
