#include "tools/aioemul/bench/statistics.h"

#include "gtest/gtest.h"

namespace aioemul::tools::bench {
namespace {

TEST(StatisticsTest, OfAnOddNumberTheMedianIsTheMiddleOne) {
  const Spread spread = SpreadOf({30, 10, 20});
  EXPECT_EQ(spread.median, 20);
  EXPECT_EQ(spread.lowest, 10);
  EXPECT_EQ(spread.highest, 30);
}

TEST(StatisticsTest, OfAnEvenNumberTheMedianIsTheMeanOfTheMiddleTwo) {
  EXPECT_EQ(SpreadOf({40, 10, 30, 20}).median, 25);
}

TEST(StatisticsTest, OfOneValueAllAreThat) {
  const Spread spread = SpreadOf({7});
  EXPECT_EQ(spread.median, 7);
  EXPECT_EQ(spread.lowest, 7);
  EXPECT_EQ(spread.highest, 7);
}

TEST(StatisticsTest, OfNothingAllAreZero) {
  const Spread spread = SpreadOf({});
  EXPECT_EQ(spread.median, 0);
  EXPECT_EQ(spread.lowest, 0);
  EXPECT_EQ(spread.highest, 0);
}

}  // namespace
}  // namespace aioemul::tools::bench
