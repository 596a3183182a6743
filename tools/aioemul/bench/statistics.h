// What several runs of one measurement come to.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_STATISTICS_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_STATISTICS_H_

#include <vector>

namespace aioemul::tools::bench {

struct Spread {
  double median = 0;
  double lowest = 0;
  double highest = 0;
};

// All 0 when there are no values.  The median of an even number of values is
// the mean of the middle two.
Spread SpreadOf(std::vector<double> values);

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_STATISTICS_H_
