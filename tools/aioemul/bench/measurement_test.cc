#include "tools/aioemul/bench/measurement.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "tools/aioemul/bench/histogram.h"

namespace aioemul::tools::bench {
namespace {

Measurement SomeMeasurement() {
  Measurement measurement;
  measurement.workload = "queue";
  measurement.peer = "libc";
  measurement.x = 5000;
  measurement.block_bytes = 4096;
  measurement.file = "a \"file\"\n";
  measurement.file_bytes = int64_t{1} << 40;
  measurement.seconds = 2.5;
  measurement.operations = int64_t{1} << 41;
  return measurement;
}

MeasuredRun SomeRun() {
  MeasuredRun run;
  run.operations = 1000;
  run.seconds = 0.25;
  run.latencies = Latencies{1, 2, 3, 4, 5};
  run.user_seconds = 0.125;
  run.system_seconds = 0.5;
  run.voluntary_switches = 6;
  run.involuntary_switches = 7;
  return run;
}

TEST(MeasurementTest, ComesThroughJsonAsItWas) {
  const Measurement before = SomeMeasurement();
  const std::string text = MeasurementToJson(before);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const auto after = MeasurementFromJson(text);
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(after->workload, before.workload);
  EXPECT_EQ(after->peer, before.peer);
  EXPECT_EQ(after->x, before.x);
  EXPECT_EQ(after->block_bytes, before.block_bytes);
  EXPECT_EQ(after->file, before.file);
  EXPECT_EQ(after->file_bytes, before.file_bytes);
  EXPECT_EQ(after->seconds, before.seconds);
  EXPECT_EQ(after->operations, before.operations);
}

TEST(MeasurementTest, IsNotMadeOfWhatIsNone) {
  for (absl::string_view text :
       {"", "{", "[]", "7", "{}", R"({"workload": 7})"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(MeasurementFromJson(text).status()))
        << text;
  }
}

TEST(MeasuredRunTest, ComesThroughJsonAsItWas) {
  const MeasuredRun before = SomeRun();
  const auto after = RunFromJson(RunToJson(before));
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(after->operations, before.operations);
  EXPECT_EQ(after->seconds, before.seconds);
  ASSERT_TRUE(after->latencies.has_value());
  EXPECT_EQ(after->latencies->p50, 1);
  EXPECT_EQ(after->latencies->p90, 2);
  EXPECT_EQ(after->latencies->p99, 3);
  EXPECT_EQ(after->latencies->p99_9, 4);
  EXPECT_EQ(after->latencies->max, 5);
  EXPECT_EQ(after->user_seconds, before.user_seconds);
  EXPECT_EQ(after->system_seconds, before.system_seconds);
  EXPECT_EQ(after->voluntary_switches, before.voluntary_switches);
  EXPECT_EQ(after->involuntary_switches, before.involuntary_switches);
  EXPECT_EQ(after->rate(), 4000);
}

TEST(MeasuredRunTest, NeedsNoLatencies) {
  MeasuredRun before = SomeRun();
  before.latencies.reset();
  const auto after = RunFromJson(RunToJson(before));
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_FALSE(after->latencies.has_value());
}

TEST(MeasuredRunTest, AnErrorComesThroughAsAnError) {
  const auto after = RunFromJson(RunToJson(absl::DataLossError("lost \"it\"")));
  EXPECT_FALSE(after.ok());
  EXPECT_EQ(after.status().message(), "lost \"it\"");
}

TEST(MeasuredRunTest, SilenceIsAnError) {
  for (absl::string_view text : {"", "\n", "{}", R"({"operations": 5})"}) {
    EXPECT_FALSE(RunFromJson(text).ok()) << text;
  }
}

TEST(LatenciesTest, AreThoseOfTheHistogram) {
  Histogram histogram;
  EXPECT_FALSE(LatenciesOf(histogram).has_value());
  for (int64_t value = 1; value <= 50; ++value) histogram.Add(value);
  const auto latencies = LatenciesOf(histogram);
  ASSERT_TRUE(latencies.has_value());
  EXPECT_EQ(latencies->p50, 25);
  EXPECT_EQ(latencies->p90, 45);
  EXPECT_EQ(latencies->p99, 50);
  EXPECT_EQ(latencies->p99_9, 50);
  EXPECT_EQ(latencies->max, 50);
}

}  // namespace
}  // namespace aioemul::tools::bench
