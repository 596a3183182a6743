// The program gnuplot, as a child process.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_GNUPLOT_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_GNUPLOT_H_

#include <string>

#include "absl/status/statusor.h"

namespace aioemul::bench_report {

// Runs `program`, looked for in PATH, with `script` as its standard input, and
// returns the SVG that it writes to its standard output.  An error is one line:
// that the program is missing, or the first that it wrote to stderr.
absl::StatusOr<std::string> RunGnuplot(const std::string& program,
                                       const std::string& script);

}  // namespace aioemul::bench_report

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_GNUPLOT_H_
