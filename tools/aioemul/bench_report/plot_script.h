// The plots of a group, as scripts for gnuplot that write an SVG to the
// standard output.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_PLOT_SCRIPT_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_PLOT_SCRIPT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tools/aioemul/bench_report/group.h"

namespace aioemul::bench_report {

struct Plot {
  std::string name;   // "random-read-direct-4096-rate"
  std::string title;  // "Throughput"
  std::string script;
};

// Lines over x, or bars where there is one x; no plot of what was not measured.
// On a logarithmic axis there is no place for 0: such a point is left out.
// `order` is PeerOrder of the results.
std::vector<Plot> PlotsOf(const Group& group,
                          const std::vector<std::string>& order);

// A text in gnuplot's own quotes, within which nothing has a meaning.
std::string GnuplotQuoted(absl::string_view text);

}  // namespace aioemul::bench_report

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_PLOT_SCRIPT_H_
