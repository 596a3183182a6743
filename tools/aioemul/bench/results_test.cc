#include "tools/aioemul/bench/results.h"

#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tools/aioemul/bench/json.h"
#include "tools/aioemul/testing/scratch_directory.h"

namespace aioemul::tools::bench {
namespace {

MeasuredRun RunOf(int64_t operations, double seconds, int64_t p50) {
  MeasuredRun run;
  run.operations = operations;
  run.seconds = seconds;
  run.latencies = Latencies{p50, p50, 2 * p50, 2 * p50, 3 * p50};
  run.user_seconds = seconds / 2;
  run.system_seconds = seconds / 2;
  run.voluntary_switches = operations;
  run.involuntary_switches = operations;
  return run;
}

Results SomeResults() {
  Results results;
  results.machine.kernel = "K";
  results.machine.processors = 2;
  results.directory = "/d";
  results.file_bytes = 1024;
  results.seconds = 2;
  results.repeats = 3;
  results.command = "aioemul bench";
  results.peers = {{"aioemul", "this library", ""},
                   {"io_uring", "the kernel's", "refused"}};
  Result result;
  result.workload = "random-read-direct";
  result.what = "random reads";
  result.axis = "depth";
  result.x = 32;
  result.block_bytes = 4096;
  result.peer = "aioemul";
  result.runs = {RunOf(100, 1, 10), RunOf(300, 1, 30), RunOf(200, 1, 20)};
  results.results.push_back(result);
  result.runs.clear();
  result.peer = "libc";
  result.trouble = "stalled";
  results.results.push_back(result);
  return results;
}

TEST(ResultsTest, FiguresAreMediansOfTheRuns) {
  const Figures figures = FiguresOf(SomeResults().results[0]);
  EXPECT_EQ(figures.rate.median, 200);
  EXPECT_EQ(figures.rate.lowest, 100);
  EXPECT_EQ(figures.rate.highest, 300);
  EXPECT_EQ(figures.p50, 20);
  EXPECT_EQ(figures.p99, 40);
  EXPECT_EQ(figures.cpu_seconds, 1.0 / 200);
  EXPECT_EQ(figures.switches, 2);
}

TEST(ResultsTest, WithoutLatenciesThereAreNoQuantiles) {
  Result result = SomeResults().results[0];
  for (MeasuredRun& run : result.runs) run.latencies.reset();
  EXPECT_FALSE(FiguresOf(result).p50.has_value());
  EXPECT_FALSE(FiguresOf(result).p99.has_value());
}

// Others read this file: a member must not go or change its name.
TEST(ResultsTest, JsonHasTheFormThatIsAgreedUpon) {
  const Json json = Json::parse(ResultsToJson(SomeResults()));
  EXPECT_EQ(json["format"], "aioemul-bench/1");
  for (const char* name : {"date", "kernel", "libc", "processor", "processors",
                           "memory_bytes", "file_system"}) {
    EXPECT_TRUE(json["machine"].contains(name)) << name;
  }
  EXPECT_EQ(json["machine"]["kernel"], "K");
  const Json settings = {{"directory", "/d"},
                         {"file_bytes", 1024},
                         {"seconds", 2.0},
                         {"repeats", 3},
                         {"command", "aioemul bench"}};
  EXPECT_EQ(json["settings"], settings);
  ASSERT_EQ(json["peers"].size(), 2U);
  EXPECT_EQ(json["peers"][0]["missing"], "");
  EXPECT_EQ(json["peers"][1]["name"], "io_uring");
  EXPECT_EQ(json["peers"][1]["missing"], "refused");
}

TEST(ResultsTest, JsonHoldsEachRun) {
  const Json json = Json::parse(ResultsToJson(SomeResults()));
  const Json& result = json["results"][0];
  EXPECT_EQ(result["workload"], "random-read-direct");
  EXPECT_EQ(result["what"], "random reads");
  EXPECT_EQ(result["axis"], "depth");
  EXPECT_EQ(result["x"], 32);
  EXPECT_EQ(result["block_bytes"], 4096);
  EXPECT_EQ(result["peer"], "aioemul");
  EXPECT_EQ(result["rate"]["median"], 200.0);
  EXPECT_EQ(result["rate"]["lowest"], 100.0);
  EXPECT_EQ(result["rate"]["highest"], 300.0);
  EXPECT_TRUE(result["system_calls_per_operation"].is_null());
  ASSERT_EQ(result["runs"].size(), 3U);
  const Json run = {
      {"operations", 100},
      {"seconds", 1.0},
      {"rate", 100.0},
      {"latency_ns",
       {{"p50", 10}, {"p90", 10}, {"p99", 20}, {"p99_9", 20}, {"max", 30}}},
      {"user_seconds", 0.5},
      {"system_seconds", 0.5},
      {"voluntary_switches", 100},
      {"involuntary_switches", 100}};
  EXPECT_EQ(result["runs"][0], run);
}

TEST(ResultsTest, JsonTellsWhatWasNotMeasuredByNull) {
  Results results = SomeResults();
  results.results[0].system_calls = 2.5;
  results.results[0].runs[0].latencies.reset();
  const Json json = Json::parse(ResultsToJson(results));
  EXPECT_EQ(json["results"][0]["system_calls_per_operation"], 2.5);
  EXPECT_TRUE(json["results"][0]["runs"][0]["latency_ns"].is_null());
}

TEST(ResultsTest, JsonLeavesOutWhatHasNoRuns) {
  EXPECT_EQ(Json::parse(ResultsToJson(SomeResults()))["results"].size(), 1U);
}

TEST(ResultsTest, KeepsTheOrderOfMembers) {
  const std::string text = ResultsToJson(SomeResults());
  EXPECT_LT(text.find("\"format\""), text.find("\"machine\""));
  EXPECT_LT(text.find("\"machine\""), text.find("\"settings\""));
  EXPECT_LT(text.find("\"settings\""), text.find("\"peers\""));
  EXPECT_LT(text.find("\"peers\""), text.find("\"results\""));
}

// What is measured for long must not be lost in the end for a wrong name.
TEST(ResultsTest, TellsBeforehandWhetherAFileCanBeWritten) {
  const ScratchDirectory scratch;
  EXPECT_EQ(CheckWritable(scratch / "new"), absl::OkStatus());
  EXPECT_TRUE(scratch.Snapshot().empty());
  EXPECT_FALSE(CheckWritable(scratch / "none/new").ok());
}

TEST(ResultsTest, WritesAFile) {
  const ScratchDirectory scratch;
  ASSERT_EQ(WriteTextFile(scratch / "file", "text\n"), absl::OkStatus());
  EXPECT_EQ(scratch.Read("file"), "text\n");
  EXPECT_FALSE(WriteTextFile(scratch / "none/file", "text\n").ok());
}

}  // namespace
}  // namespace aioemul::tools::bench
