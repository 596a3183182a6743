// The results by the Test Anything Protocol, version 14.

#ifndef AIOEMUL_TOOLS_AIOEMUL_CHECK_TAP_REPORT_H_
#define AIOEMUL_TOOLS_AIOEMUL_CHECK_TAP_REPORT_H_

#include <string>

#include "tools/aioemul/check/results.h"

namespace aioemul::tools::check {

// What fails but does not count against the backend is marked TODO, what was
// not tried SKIP.
std::string RenderTap(const Results& results);

}  // namespace aioemul::tools::check

#endif  // AIOEMUL_TOOLS_AIOEMUL_CHECK_TAP_REPORT_H_
