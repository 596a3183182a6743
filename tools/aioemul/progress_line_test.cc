#include "tools/aioemul/progress_line.h"

#include <stdint.h>

#include "gtest/gtest.h"

namespace aioemul::tools {
namespace {

constexpr uint64_t kGiB = uint64_t{1} << 30;

ProgressState Half() { return {"copying", 2 * kGiB, kGiB, kGiB, 4.0}; }

TEST(ProgressLineTest, ShowsAllOnAWideTerminal) {
  EXPECT_EQ(RenderProgressLine(Half(), 80),
            "copying  50% [===========>          ] "
            "1.00 GiB of 2.00 GiB, 256 MiB/s, 0:04 left");
}

TEST(ProgressLineTest, DropsTheBarThenTheAmounts) {
  EXPECT_EQ(RenderProgressLine(Half(), 60),
            "copying  50% 1.00 GiB of 2.00 GiB, 256 MiB/s, 0:04 left     ");
  EXPECT_EQ(RenderProgressLine(Half(), 50),
            "copying  50% [=======>      ] 256 MiB/s, 0:04 left");
  EXPECT_EQ(RenderProgressLine(Half(), 12), "copying  50%");
  EXPECT_EQ(RenderProgressLine(Half(), 3), "cop");
  EXPECT_EQ(RenderProgressLine(Half(), 0), "");
  EXPECT_EQ(RenderProgressLine(Half(), -1), "");
}

TEST(ProgressLineTest, FillsTheWidthExactly) {
  for (int width = 0; width < 200; ++width) {
    for (uint64_t passed = 0; passed <= 2 * kGiB; passed += kGiB / 4) {
      const ProgressState state = {"verifying", 2 * kGiB, passed, passed, 1.0};
      EXPECT_EQ(RenderProgressLine(state, width).size(),
                static_cast<size_t>(width));
    }
  }
}

TEST(ProgressLineTest, KnowsNoRateAtTheBeginning) {
  EXPECT_EQ(RenderProgressLine({"copying", 1024, 0, 0, 0.0}, 50),
            "copying   0% [>                  ] 0 B of 1.00 KiB");
}

TEST(ProgressLineTest, SkippedBytesMakeNoRate) {
  EXPECT_EQ(RenderProgressLine({"copying", kGiB, kGiB / 2, 0, 2.0}, 45),
            "copying  50% 512 MiB of 1.00 GiB, 0:02 left  ");
}

TEST(ProgressLineTest, AWholeBarHasNoHead) {
  EXPECT_EQ(RenderProgressLine({"copying", kGiB, kGiB, kGiB, 1.0}, 70),
            "copying 100% [===========] "
            "1.00 GiB of 1.00 GiB, 1.00 GiB/s, 0:00 left");
}

TEST(ProgressLineTest, WithoutATotalOnlyTheLabel) {
  EXPECT_EQ(RenderProgressLine({"synchronizing", 0, 0, 0, 3.0}, 16),
            "synchronizing   ");
}

TEST(ProgressLineTest, FormatsDurations) {
  EXPECT_EQ(FormatDuration(0), "0:00");
  EXPECT_EQ(FormatDuration(59.6), "1:00");
  EXPECT_EQ(FormatDuration(754), "12:34");
  EXPECT_EQ(FormatDuration(3723), "1:02:03");
}

}  // namespace
}  // namespace aioemul::tools
