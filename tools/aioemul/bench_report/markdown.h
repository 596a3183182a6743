// Results as Markdown: a table for each group, a row for each x, a column for
// each peer.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_MARKDOWN_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_MARKDOWN_H_

#include <string>

#include "tools/aioemul/bench_report/results.h"

namespace aioemul::bench_report {

std::string MarkdownOf(const Results& results);

}  // namespace aioemul::bench_report

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_MARKDOWN_H_
