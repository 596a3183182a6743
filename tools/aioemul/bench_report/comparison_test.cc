#include "tools/aioemul/bench_report/comparison.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/aioemul/bench_report/sample_results.h"

namespace aioemul::bench_report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ComparisonTest, SpreadsThatTouchDecideNothing) {
  EXPECT_EQ(Judge({10, 9, 11}, {12, 11.5, 13}), Verdict::kFaster);
  EXPECT_EQ(Judge({10, 9, 11}, {12, 11, 13}), Verdict::kWithinTheSpread);
  EXPECT_EQ(Judge({10, 9, 11}, {8, 7, 9}), Verdict::kWithinTheSpread);
  EXPECT_EQ(Judge({10, 9, 11}, {8, 7, 8.9}), Verdict::kSlower);
  EXPECT_EQ(Judge({10, 1, 100}, {10, 9, 11}), Verdict::kWithinTheSpread);
  EXPECT_EQ(Judge({10, 9, 11}, {10, 1, 100}), Verdict::kWithinTheSpread);
}

TEST(ComparisonTest, TellsTheChangeOfWhatIsInBoth) {
  EXPECT_EQ(CompareResults(SampleResults({{"aioemul", 1, {900, 1000, 1100}},
                                          {"libc", 1, {900, 1000, 1100}},
                                          {"aioemul", 32, {900, 1000, 1100}}}),
                           SampleResults({{"aioemul", 1, {1400, 1500, 1600}},
                                          {"libc", 1, {700, 750, 800}},
                                          {"aioemul", 32, {900, 1020, 1300}}})),
            "old: 2026-11-21T17:10:00Z\n"
            "new: 2026-11-21T17:10:00Z\n"
            "\n"
            "workload            x         block  peer          old       new"
            "   change\n"
            "random-read-direct  depth 1   4 KiB  aioemul  1.00 k/s  1.50 k/s"
            "  +50.0 %  faster\n"
            "random-read-direct  depth 1   4 KiB  libc     1.00 k/s     750/s"
            "  -25.0 %  slower\n"
            "random-read-direct  depth 32  4 KiB  aioemul  1.00 k/s  1.02 k/s"
            "   +2.0 %  within the spread\n"
            "\n"
            "3 compared: 1 faster, 1 slower, 1 within the spread\n"
            "\n"
            "Missing in the old results: io_uring: io_uring_setup: refused\n"
            "\n"
            "Missing in the new results: io_uring: io_uring_setup: refused\n");
}

TEST(ComparisonTest, OrderInTheFilesDoesNotMatter) {
  const std::string text = CompareResults(
      SampleResults({{"libc", 1, {10, 10, 10}}, {"aioemul", 1, {20, 20, 20}}}),
      SampleResults({{"aioemul", 1, {20, 20, 20}}, {"libc", 1, {10, 10, 10}}}));
  EXPECT_THAT(text, HasSubstr("2 compared: 0 faster, 0 slower, 2 within"));
}

TEST(ComparisonTest, WhatIsInOneOnlyIsListed) {
  const std::string text =
      CompareResults(SampleResults({{"aioemul"}, {"libc", 4}}),
                     SampleResults({{"aioemul"}, {"threads", 8}}));
  EXPECT_THAT(text, HasSubstr("1 compared"));
  EXPECT_THAT(
      text, HasSubstr("Only in the old results:\n\n"
                      "workload            x        block  peer       old\n"
                      "random-read-direct  depth 4  4 KiB  libc  1.00 k/s\n"));
  EXPECT_THAT(
      text,
      HasSubstr("Only in the new results:\n\n"
                "workload            x        block  peer          new\n"
                "random-read-direct  depth 8  4 KiB  threads  1.00 k/s\n"));
}

// Each of these makes another case of a measurement.
TEST(ComparisonTest, CasesDifferByWorkloadAxisXBlockAndPeer) {
  const Sample base = {"aioemul", 1, {1, 2, 3}, "some", "depth", 4096};
  Sample others[] = {base, base, base, base, base};
  others[0].peer = "libc";
  others[1].x = 2;
  others[2].workload = "other";
  others[3].axis = "threads";
  others[4].block_bytes = 512;
  for (const Sample& other : others) {
    const std::string text =
        CompareResults(SampleResults({base}), SampleResults({other}));
    EXPECT_THAT(text, HasSubstr("Nothing is in both.\n"));
    EXPECT_THAT(text, HasSubstr("Only in the old"));
    EXPECT_THAT(text, HasSubstr("Only in the new"));
  }
  EXPECT_THAT(CompareResults(SampleResults({base}), SampleResults({base})),
              Not(HasSubstr("Only in")));
}

TEST(ComparisonTest, AnotherMachineOrSettingIsTold) {
  Json json = SampleJson({{"aioemul"}});
  const Results before = Parsed(json);
  json["machine"]["kernel"] = "Linux 6.2";
  json["settings"]["seconds"] = 5;
  EXPECT_THAT(CompareResults(before, Parsed(json)),
              HasSubstr("\ndiffers   old        new\n"
                        "Kernel    Linux 6.1  Linux 6.2\n"
                        "Each run  2 s        5 s\n"));
  EXPECT_THAT(CompareResults(before, before), Not(HasSubstr("differs")));
}

}  // namespace
}  // namespace aioemul::bench_report
