#include "tools/aioemul/bench_report/axis_marks.h"

#include <algorithm>
#include <vector>

#include "gtest/gtest.h"

namespace aioemul::bench_report {
namespace {

using Marks = std::vector<double>;

void ExpectNear(const Marks& actual, const Marks& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    EXPECT_DOUBLE_EQ(actual[i], expected[i]);
  }
}

TEST(AxisMarksTest, LogarithmicMarksAreRoundNumbers) {
  ExpectNear(LogarithmicMarks(2000, 90'000).marks,
             {2000, 5000, 10'000, 20'000, 50'000, 100'000});
}

TEST(AxisMarksTest, LogarithmicAxisOverManyDecadesSkipsSome) {
  ExpectNear(LogarithmicMarks(1, 1e6).marks, {1, 10, 100, 1e3, 1e4, 1e5, 1e6});
  ExpectNear(LogarithmicMarks(1, 1e9).marks, {1, 1e2, 1e4, 1e6, 1e8});
}

TEST(AxisMarksTest, LinearMarksBeginWithZero) {
  ExpectNear(LinearMarks(430).marks, {0, 100, 200, 300, 400});
  ExpectNear(LinearMarks(7.9).marks, {0, 2, 4, 6, 8});
  ExpectNear(LinearMarks(1).marks, {0, 0.2, 0.4, 0.6, 0.8, 1});
}

TEST(AxisMarksTest, AxisOfNothingCanBeDrawn) {
  const AxisMarks axis = LinearMarks(0);
  EXPECT_LT(axis.lowest, axis.highest);
  ExpectNear(axis.marks, {0});
}

// However small or great, narrow or wide the range is: a reader can tell the
// scale, and marks do not run into each other.
TEST(AxisMarksTest, EveryAxisHasSomeMarksAndNotTooMany) {
  for (double lowest = 1e-3; lowest < 1e9; lowest *= 1.17) {
    for (double factor = 1; factor < 1e10; factor *= 1.9) {
      const AxisMarks axis = LogarithmicMarks(lowest, lowest * factor);
      SCOPED_TRACE(::testing::Message() << lowest << " x " << factor);
      ASSERT_GE(axis.marks.size(), 2U);
      ASSERT_LE(axis.marks.size(), 7U);
      ASSERT_TRUE(std::is_sorted(axis.marks.begin(), axis.marks.end()));
      ASSERT_GE(axis.marks.front(), axis.lowest);
      ASSERT_LE(axis.marks.back(), axis.highest);
      ASSERT_LT(axis.lowest, lowest);
      ASSERT_GT(axis.highest, lowest * factor);
    }
    const AxisMarks linear = LinearMarks(lowest);
    ASSERT_GE(linear.marks.size(), 3U) << lowest;
    ASSERT_LE(linear.marks.size(), 8U) << lowest;
    ASSERT_GT(linear.highest, lowest);
  }
}

}  // namespace
}  // namespace aioemul::bench_report
