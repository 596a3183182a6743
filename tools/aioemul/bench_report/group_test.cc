// The order of a report, and what is told of a measurement.

#include "tools/aioemul/bench_report/group.h"

#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tools/aioemul/bench_report/results.h"
#include "tools/aioemul/bench_report/sample_results.h"

namespace aioemul::bench_report {
namespace {

using Names = std::vector<std::string>;

TEST(GroupTest, EachWorkloadAndBlockSizeIsAGroup) {
  const Results results = SampleResults({
      {"aioemul", 32},
      {"aioemul", 4},
      {"aioemul", 1, {1, 2, 3}, "queue", "queued", 0},
      {"libc", 4},
      {"aioemul", 4, {1, 2, 3}, "random-read-direct", "depth", 65536},
  });
  const std::vector<Group> groups = GroupsOf(results);
  ASSERT_EQ(groups.size(), 3U);
  EXPECT_EQ(StemOf(groups[0]), "random-read-direct-4096");
  EXPECT_EQ(groups[0].xs, (std::vector<int64_t>{4, 32}));
  EXPECT_EQ(groups[0].peers, (Names{"aioemul", "libc"}));
  EXPECT_EQ(groups[0].Find(4, "libc"), &results.measurements[3]);
  EXPECT_EQ(groups[0].Find(32, "libc"), nullptr);
  EXPECT_EQ(StemOf(groups[1]), "queue-0");
  EXPECT_EQ(groups[1].peers, Names{"aioemul"});
  EXPECT_EQ(StemOf(groups[2]), "random-read-direct-65536");
}

TEST(GroupTest, HeadingsTellTheBlockSizeIfThereIsOne) {
  Json json = SampleJson({{"aioemul"},
                          {"aioemul", 1, {1, 2, 3}, "queue", "queued", 0},
                          {"aioemul", 1, {1, 2, 3}, "cancel", "queued", 0}});
  json["results"][2]["what"] = "";
  const Results results = Parsed(json);
  const std::vector<Group> groups = GroupsOf(results);
  EXPECT_EQ(HeadingOf(groups[0]), "heading of random-read-direct, 4 KiB");
  EXPECT_EQ(HeadingOf(groups[1]), "heading of queue");
  EXPECT_EQ(HeadingOf(groups[2]), "cancel");
}

TEST(GroupTest, PeersComeAsListedEachWithItsVariants) {
  const Results results = SampleResults(
      {{"libc"}, {"aioemul:b"}, {"newcomer"}, {"aioemul"}, {"aioemul:a"}});
  const Names order = PeerOrder(results);
  EXPECT_EQ(order, (Names{"aioemul", "aioemul:b", "aioemul:a", "libc",
                          "io_uring", "newcomer"}));
  EXPECT_EQ(GroupsOf(results)[0].peers,
            (Names{"aioemul", "aioemul:b", "aioemul:a", "libc", "newcomer"}));
}

TEST(GroupTest, CostIsTheRateUpsideDown) {
  const Results results = SampleResults({{"aioemul", 1, {1e6, 2e6, 4e6}}});
  const std::optional<Spread> cost =
      SpreadOf(results.measurements[0], Measure::kCost);
  ASSERT_TRUE(cost.has_value());
  EXPECT_DOUBLE_EQ(cost->median, 500);
  EXPECT_DOUBLE_EQ(cost->lowest, 250);
  EXPECT_DOUBLE_EQ(cost->highest, 1000);
}

TEST(GroupTest, NothingHasACostAtARateOfZero) {
  const Results results = SampleResults({{"aioemul", 1, {0, 2e6, 4e6}}});
  EXPECT_FALSE(SpreadOf(results.measurements[0], Measure::kCost).has_value());
  EXPECT_TRUE(SpreadOf(results.measurements[0], Measure::kRate).has_value());
}

TEST(GroupTest, LatencyIsTheMedianOfTheRunsThatHaveOne) {
  Json json = SampleJson({{"aioemul", 1, {300, 100, 200}}});
  const Results three = Parsed(json);
  const std::optional<Spread> median =
      SpreadOf(three.measurements[0], Measure::kMedianLatency);
  ASSERT_TRUE(median.has_value());
  EXPECT_EQ(median->median, 200);
  EXPECT_EQ(median->lowest, 100);
  EXPECT_EQ(median->highest, 300);
  EXPECT_EQ(SpreadOf(three.measurements[0], Measure::kTailLatency)->median,
            2000);

  json["results"][0]["runs"][1]["latency_ns"] = nullptr;
  const Results two = Parsed(json);
  EXPECT_EQ(SpreadOf(two.measurements[0], Measure::kMedianLatency)->median,
            250);
}

TEST(GroupTest, LatencyThatWasNeverMeasuredIsNone) {
  Json json = SampleJson({{"aioemul"}});
  for (Json& run : json["results"][0]["runs"]) run["latency_ns"] = nullptr;
  const Results results = Parsed(json);
  EXPECT_FALSE(
      SpreadOf(results.measurements[0], Measure::kMedianLatency).has_value());
}

TEST(GroupTest, ProcessorTimeIsThatOfAllRuns) {
  Json json = SampleJson({{"aioemul"}});
  // 3 s for 6000 operations.
  EXPECT_DOUBLE_EQ(*CpuPerOperation(Parsed(json).measurements[0]), 500'000);
  for (Json& run : json["results"][0]["runs"]) run["operations"] = 0;
  EXPECT_FALSE(CpuPerOperation(Parsed(json).measurements[0]).has_value());
}

}  // namespace
}  // namespace aioemul::bench_report
