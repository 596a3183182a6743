// Results of checks that nobody ran, for the tests of the reports.

#ifndef AIOEMUL_TOOLS_AIOEMUL_CHECK_TESTING_SAMPLE_RESULTS_H_
#define AIOEMUL_TOOLS_AIOEMUL_CHECK_TESTING_SAMPLE_RESULTS_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/outcome.h"
#include "tools/aioemul/check/results.h"

namespace aioemul::tools::check {

// One of each standing: "cancel.one" POSIX demands, "cancel.all" it leaves
// open, "fork.child" is promised.
absl::Span<const Check* const> SampleChecks();

// Of these three, with a backend whose outcomes have the verdicts in order.
Results SampleResults(const std::vector<Verdict>& verdicts);

// Adds a backend to them.
void AddBackend(const std::string& name, const std::vector<Verdict>& verdicts,
                Results* results);

}  // namespace aioemul::tools::check

#endif  // AIOEMUL_TOOLS_AIOEMUL_CHECK_TESTING_SAMPLE_RESULTS_H_
