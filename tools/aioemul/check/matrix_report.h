// The results as a page in Markdown: what each backend does, side by side.

#ifndef AIOEMUL_TOOLS_AIOEMUL_CHECK_MATRIX_REPORT_H_
#define AIOEMUL_TOOLS_AIOEMUL_CHECK_MATRIX_REPORT_H_

#include <string>

#include "tools/aioemul/check/results.h"

namespace aioemul::tools::check {

// The same text for the same results: no dates, no times.
std::string RenderMatrix(const Results& results);

}  // namespace aioemul::tools::check

#endif  // AIOEMUL_TOOLS_AIOEMUL_CHECK_MATRIX_REPORT_H_
