#include "tools/aioemul/bench_report/amount.h"

#include "gtest/gtest.h"

namespace aioemul::bench_report {
namespace {

TEST(AmountTest, ThreeDigitsAreKept) {
  EXPECT_EQ(ThreeDigits(0), "0");
  EXPECT_EQ(ThreeDigits(1), "1.00");
  EXPECT_EQ(ThreeDigits(9.994), "9.99");
  EXPECT_EQ(ThreeDigits(9.996), "10.0");
  EXPECT_EQ(ThreeDigits(87.43), "87.4");
  EXPECT_EQ(ThreeDigits(99.96), "100");
  EXPECT_EQ(ThreeDigits(412.4), "412");
  EXPECT_EQ(ThreeDigits(0.5), "0.500");
  EXPECT_EQ(ThreeDigits(0.0312), "0.0312");
}

TEST(AmountTest, UnitsChangeWhereThreeDigitsEnd) {
  EXPECT_EQ(CountText(999.4), "999");
  EXPECT_EQ(CountText(999.6), "1.00 k");
  EXPECT_EQ(CountText(412'345), "412 k");
  EXPECT_EQ(CountText(1'234'567), "1.23 M");
  EXPECT_EQ(CountText(5e12), "5000 G");
  EXPECT_EQ(TimeText(3.07), "3.07 ns");
  EXPECT_EQ(TimeText(87'430), "87.4 µs");
  EXPECT_EQ(TimeText(12e6), "12.0 ms");
  EXPECT_EQ(TimeText(2.5e9), "2.50 s");
}

TEST(AmountTest, BytesGoByPowersOfTwo) {
  EXPECT_EQ(BytesText(1), "1 B");
  EXPECT_EQ(BytesText(4096), "4 KiB");
  EXPECT_EQ(BytesText(1536), "1.5 KiB");
  EXPECT_EQ(BytesText(int64_t{256} << 20), "256 MiB");
  EXPECT_EQ(BytesText(int64_t{1} << 33), "8 GiB");
}

TEST(AmountTest, ChangesHaveASign) {
  EXPECT_EQ(ChangeText(100, 112), "+12.0 %");
  EXPECT_EQ(ChangeText(100, 75), "-25.0 %");
  EXPECT_EQ(ChangeText(100, 100), "+0.0 %");
}

TEST(AmountTest, NothingIsDividedByZero) {
  EXPECT_EQ(ChangeText(0, 1), kNoAmount);
  EXPECT_EQ(RatioText(1, 0), kNoAmount);
  EXPECT_EQ(RatioText(5, 2), "2.50");
  EXPECT_EQ(RatioText(238'196, 1), "238 k");
}

}  // namespace
}  // namespace aioemul::bench_report
