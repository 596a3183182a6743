// Results as a page of HTML for a browser, with the plots beside it.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_PAGE_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_PAGE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tools/aioemul/bench_report/group.h"
#include "tools/aioemul/bench_report/plot_script.h"
#include "tools/aioemul/bench_report/results.h"

namespace aioemul::bench_report {

// A group and its plots, which are files NAME.svg in the page's directory.
struct PlottedGroup {
  Group group;
  std::vector<Plot> plots;
};

std::string PageOf(const Results& results,
                   const std::vector<PlottedGroup>& groups);

// Text that means nothing but itself in HTML, in attributes, too.
std::string HtmlEscaped(absl::string_view text);

}  // namespace aioemul::bench_report

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_PAGE_H_
