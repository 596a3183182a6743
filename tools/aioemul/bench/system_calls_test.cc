#include "tools/aioemul/bench/system_calls.h"

#include "gtest/gtest.h"
#include "tools/aioemul/bench/measurement.h"

namespace aioemul::tools::bench {
namespace {

TEST(SystemCallsTest, TakesTheTotalOfTheTable) {
  const auto total = TotalOfStrace(
      "    calls syscall\n"
      "--------- ----------------\n"
      "        1 read\n"
      "     1234 pread64\n"
      "--------- ----------------\n"
      "     1235 total\n");
  ASSERT_TRUE(total.ok()) << total.status();
  EXPECT_EQ(*total, 1235);
}

TEST(SystemCallsTest, MissesATotalThatIsNotThere) {
  EXPECT_FALSE(TotalOfStrace("").ok());
  EXPECT_FALSE(TotalOfStrace("    calls syscall\n        1 read\n").ok());
}

TEST(SystemCallsTest, CannotTellTheCallsOfCancelFromThoseOfSubmission) {
  Measurement measurement;
  measurement.workload = "cancel";
  EXPECT_FALSE(CanCountSystemCalls(measurement));
  measurement.workload = "queue";
  EXPECT_TRUE(CanCountSystemCalls(measurement));
}

}  // namespace
}  // namespace aioemul::tools::bench
