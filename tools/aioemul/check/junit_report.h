// The results as XML in the form that JUnit made common.

#ifndef AIOEMUL_TOOLS_AIOEMUL_CHECK_JUNIT_REPORT_H_
#define AIOEMUL_TOOLS_AIOEMUL_CHECK_JUNIT_REPORT_H_

#include <string>

#include "tools/aioemul/check/results.h"

namespace aioemul::tools::check {

// A suite for each backend.  What fails but does not count against the backend
// is marked as skipped, with the reason, as is what was not tried.
std::string RenderJunit(const Results& results);

}  // namespace aioemul::tools::check

#endif  // AIOEMUL_TOOLS_AIOEMUL_CHECK_JUNIT_REPORT_H_
