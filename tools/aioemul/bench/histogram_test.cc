#include "tools/aioemul/bench/histogram.h"

#include <stdint.h>

#include <algorithm>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace aioemul::tools::bench {
namespace {

TEST(HistogramTest, IsEmptyAtFirst) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0);
  EXPECT_EQ(histogram.max(), 0);
  EXPECT_EQ(histogram.Quantile(0.5), 0);
}

TEST(HistogramTest, KeepsSmallValuesExactly) {
  Histogram histogram;
  for (int64_t value = 0; value < 64; ++value) histogram.Add(value);
  for (int64_t value = 0; value < 64; ++value) {
    EXPECT_EQ(histogram.Quantile(static_cast<double>(value + 1) / 64), value);
  }
}

TEST(HistogramTest, AnswersWithTheValueAtLeastThatShareReaches) {
  Histogram histogram;
  for (int64_t value : {1, 2, 3, 4}) histogram.Add(value);
  EXPECT_EQ(histogram.Quantile(0), 1);
  EXPECT_EQ(histogram.Quantile(0.25), 1);
  EXPECT_EQ(histogram.Quantile(0.26), 2);
  EXPECT_EQ(histogram.Quantile(0.5), 2);
  EXPECT_EQ(histogram.Quantile(1), 4);
}

TEST(HistogramTest, IsAtMostOneThirtySecondTooHigh) {
  for (int64_t value = 1; value < INT64_MAX / 3; value = value * 3 + 1) {
    Histogram histogram;
    histogram.Add(value);
    histogram.Add(INT64_MAX);  // So that the maximum does not help.
    const int64_t found = histogram.Quantile(0.5);
    EXPECT_GE(found, value);
    EXPECT_LE(found - value, value / 32) << value;
  }
}

TEST(HistogramTest, ComesCloseToTheQuantilesOfSortedValues) {
  std::mt19937_64 random(7);
  std::vector<int64_t> values;
  Histogram histogram;
  for (int i = 0; i < 10'000; ++i) {
    values.push_back(static_cast<int64_t>(random() >> (random() % 60 + 2)));
    histogram.Add(values.back());
  }
  std::sort(values.begin(), values.end());
  for (int percent = 1; percent <= 100; ++percent) {
    const int64_t exact = values[static_cast<size_t>(percent) * 100 - 1];
    const int64_t found = histogram.Quantile(percent / 100.0);
    EXPECT_GE(found, exact) << percent;
    EXPECT_LE(found - exact, exact / 32) << percent;
  }
}

TEST(HistogramTest, NeverAnswersMoreThanTheMaximum) {
  Histogram histogram;
  histogram.Add(1'000'001);
  EXPECT_EQ(histogram.max(), 1'000'001);
  EXPECT_EQ(histogram.Quantile(1), 1'000'001);
}

TEST(HistogramTest, HoldsTheLeastAndTheGreatest) {
  Histogram histogram;
  histogram.Add(-5);
  histogram.Add(INT64_MAX);
  EXPECT_EQ(histogram.Quantile(0.5), 0);
  EXPECT_EQ(histogram.Quantile(1), INT64_MAX);
}

TEST(HistogramTest, MergesAsIfAllHadBeenAddedToOne) {
  Histogram one;
  Histogram other;
  one.Add(10);
  other.Add(20);
  other.Add(30);
  one.Merge(other);
  EXPECT_EQ(one.count(), 3);
  EXPECT_EQ(one.max(), 30);
  EXPECT_EQ(one.Quantile(0.5), 20);
}

}  // namespace
}  // namespace aioemul::tools::bench
