// The table of one workload's results.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_TABLE_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_TABLE_H_

#include <string>

#include "absl/types/span.h"
#include "tools/aioemul/bench/results.h"

namespace aioemul::tools::bench {

// A heading and a line for each result, in the order given.  What has no
// meaning or was not measured is "-"; results without runs tell why.
std::string RenderTable(absl::Span<const Result> results);

// Three digits that count: "12.3k", "1.23M", "0.123".
std::string FormatFigure(double value);

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_TABLE_H_
