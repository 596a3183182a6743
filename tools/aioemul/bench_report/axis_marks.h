// Which numbers stand at an axis.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_AXIS_MARKS_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_AXIS_MARKS_H_

#include <vector>

namespace aioemul::bench_report {

struct AxisMarks {
  double lowest = 0;  // where the axis begins and ends
  double highest = 1;
  std::vector<double> marks;  // round numbers between the two, ascending
};

// For a logarithmic axis with room for values from `lowest`, above 0, to
// `highest`.
AxisMarks LogarithmicMarks(double lowest, double highest);

// For an axis from 0 with room for `highest`.
AxisMarks LinearMarks(double highest);

}  // namespace aioemul::bench_report

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_AXIS_MARKS_H_
