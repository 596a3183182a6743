// Two results side by side.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_COMPARISON_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_COMPARISON_H_

#include <string>

#include "tools/aioemul/bench_report/results.h"

namespace aioemul::bench_report {

// Whether every value of the one is beyond every value of the other.
enum class Verdict { kWithinTheSpread, kFaster, kSlower };
Verdict Judge(const Spread& before, const Spread& now);

// A table of every measurement that is in both, by workload, x, block size and
// peer; then what is in one of them only, and in what else they differ.
std::string CompareResults(const Results& before, const Results& now);

}  // namespace aioemul::bench_report

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_COMPARISON_H_
