// The subcommand `bench-report`: what `aioemul bench --json` wrote, as a page
// with plots, as tables in Markdown, or beside earlier results.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_BENCH_REPORT_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_BENCH_REPORT_H_

#include "tools/aioemul/subcommand.h"

namespace aioemul::tools {

extern const Subcommand kBenchReportSubcommand;

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_BENCH_REPORT_H_
