#include "tools/aioemul/bench_report/axis_marks.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/types/span.h"

namespace aioemul::bench_report {
namespace {

// No mark is nearer to the next than this would make them.
constexpr size_t kMostMarks = 7;

std::vector<double> MarksInDecades(const AxisMarks& axis,
                                   absl::Span<const double> in_decade,
                                   int step) {
  std::vector<double> marks;
  const int first = static_cast<int>(std::floor(std::log10(axis.lowest)));
  const int last = static_cast<int>(std::floor(std::log10(axis.highest)));
  for (int decade = first; decade <= last; ++decade) {
    if (decade % step != 0) continue;
    for (const double digit : in_decade) {
      const double mark = digit * std::pow(10, decade);
      if (mark >= axis.lowest && mark <= axis.highest) marks.push_back(mark);
    }
  }
  return marks;
}

}  // namespace

AxisMarks LogarithmicMarks(double lowest, double highest) {
  // So wide that even a single value has two marks around it.
  constexpr double kMargin = 1.3;
  AxisMarks axis;
  axis.lowest = lowest / kMargin;
  axis.highest = highest * kMargin;
  // As many as there is room for.
  constexpr double kFine[] = {1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9};
  constexpr double kMedium[] = {1, 1.5, 2, 3, 5, 7};
  constexpr double kCoarse[] = {1, 2, 5};
  constexpr double kDecades[] = {1};
  for (const auto in_decade :
       {absl::MakeConstSpan(kFine), absl::MakeConstSpan(kMedium),
        absl::MakeConstSpan(kCoarse)}) {
    axis.marks = MarksInDecades(axis, in_decade, 1);
    if (axis.marks.size() <= kMostMarks) return axis;
  }
  int step = 0;
  do {
    axis.marks = MarksInDecades(axis, kDecades, ++step);
  } while (axis.marks.size() > kMostMarks);
  return axis;
}

AxisMarks LinearMarks(double highest) {
  constexpr double kMargin = 1.06;
  AxisMarks axis;
  if (highest <= 0) {
    axis.marks = {0};
    return axis;
  }
  axis.highest = highest * kMargin;
  double step = std::pow(10, std::floor(std::log10(highest)) - 1);
  for (const double factor : {2.0, 2.5, 2.0, 2.0, 2.5, 2.0}) {
    if (axis.highest / step < kMostMarks) break;
    step *= factor;
  }
  for (int i = 0; i * step <= axis.highest; ++i) axis.marks.push_back(i * step);
  return axis;
}

}  // namespace aioemul::bench_report
