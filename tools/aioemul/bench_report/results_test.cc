// What is read of a file of results, and what is said of one that cannot be.

#include "tools/aioemul/bench_report/results.h"

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "tools/aioemul/bench_report/sample_results.h"
#include "tools/aioemul/testing/scratch_directory.h"

namespace aioemul::bench_report {
namespace {

// What is said of `text`: one line, as all errors of the command are.
std::string FaultOf(const std::string& text) {
  const absl::StatusOr<Results> results = ParseResults(text, "some.json");
  if (results.ok()) return "none";
  const std::string message(results.status().message());
  EXPECT_FALSE(absl::StrContains(message, '\n')) << message;
  return message;
}

using Change = std::function<void(Json&)>;

std::string FaultAfter(const Change& change) {
  Json json = SampleJson({{"aioemul"}, {"libc"}});
  change(json);
  return FaultOf(json.dump());
}

TEST(ResultsTest, ReadsWhatIsThere) {
  Json json = SampleJson({{"aioemul", 32, {900, 1000, 1100}}});
  json["results"][0]["system_calls_per_operation"] = 2.5;
  const Results results = Parsed(json);
  EXPECT_EQ(results.machine.processor, "Example 3000");
  EXPECT_EQ(results.machine.processors, 2);
  EXPECT_EQ(results.machine.memory_bytes, int64_t{1} << 33);
  EXPECT_EQ(results.settings.command, "aioemul bench --repeats=3");
  EXPECT_EQ(results.settings.seconds, 2);
  ASSERT_EQ(results.peers.size(), 3U);
  EXPECT_EQ(results.peers[2].name, "io_uring");
  EXPECT_EQ(results.peers[2].missing, "io_uring_setup: refused");

  ASSERT_EQ(results.measurements.size(), 1U);
  const Measurement& measurement = results.measurements[0];
  EXPECT_EQ(measurement.workload, "random-read-direct");
  EXPECT_EQ(measurement.axis, "depth");
  EXPECT_EQ(measurement.x, 32);
  EXPECT_EQ(measurement.block_bytes, 4096);
  EXPECT_EQ(measurement.peer, "aioemul");
  EXPECT_EQ(measurement.rate.median, 1000);
  EXPECT_EQ(measurement.rate.lowest, 900);
  EXPECT_EQ(measurement.rate.highest, 1100);
  EXPECT_EQ(measurement.system_calls, 2.5);
  ASSERT_EQ(measurement.runs.size(), 3U);
  EXPECT_EQ(measurement.runs[0].operations, 2000);
  EXPECT_EQ(measurement.runs[0].rate, 900);
  EXPECT_EQ(measurement.runs[0].cpu_seconds, 1);
  ASSERT_TRUE(measurement.runs[0].latency.has_value());
  EXPECT_EQ(measurement.runs[0].latency->p50, 900);
  EXPECT_EQ(measurement.runs[0].latency->p99, 9000);
}

TEST(ResultsTest, WhatWasNotMeasuredIsNotThere) {
  Json json = SampleJson({{"aioemul"}});
  Json& runs = json["results"][0]["runs"];
  runs[0]["latency_ns"] = nullptr;
  for (auto& percentile : runs[1]["latency_ns"]) percentile = nullptr;
  const Results results = Parsed(json);
  EXPECT_FALSE(results.measurements[0].runs[0].latency.has_value());
  EXPECT_FALSE(results.measurements[0].runs[1].latency.has_value());
  EXPECT_TRUE(results.measurements[0].runs[2].latency.has_value());
  EXPECT_FALSE(results.measurements[0].system_calls.has_value());
}

TEST(ResultsTest, MembersThatAreNotKnownDoNoHarm) {
  EXPECT_EQ(FaultAfter([](Json& json) {
              json["results"][0]["weather"] = "fine";
              json["weather"] = nullptr;
            }),
            "none");
}

TEST(ResultsTest, TextThatIsNotJsonIsNamedWithThePlace) {
  EXPECT_EQ(FaultOf(""),
            "'some.json': line 1, column 1: not JSON from here on");
  EXPECT_EQ(FaultOf("{\n  \"format\": 1,\n  oops\n}"),
            "'some.json': line 3, column 3: not JSON from here on");
  const std::string whole = SampleJson({{"aioemul"}}).dump(2);
  EXPECT_TRUE(absl::StrContains(FaultOf(whole.substr(0, whole.size() / 2)),
                                "not JSON from here on"));
}

TEST(ResultsTest, ForeignFilesAreRefused) {
  const char kExpected[] =
      "'some.json': not results of aioemul bench: \"format\": "
      "\"aioemul-bench/1\" expected";
  EXPECT_EQ(FaultOf("[]"), kExpected);
  EXPECT_EQ(FaultOf("7"), kExpected);
  EXPECT_EQ(FaultOf("{}"), kExpected);
  EXPECT_EQ(FaultOf("{\"format\": 1}"), kExpected);
  EXPECT_EQ(FaultAfter([](Json& json) { json["format"] = "aioemul-bench/2"; }),
            kExpected);
}

TEST(ResultsTest, FaultsAreNamedByTheirPlace) {
  EXPECT_EQ(FaultAfter([](Json& json) { json.erase("machine"); }),
            "'some.json': machine: missing");
  EXPECT_EQ(FaultAfter([](Json& json) { json["peers"] = 1; }),
            "'some.json': peers: an array expected");
  EXPECT_EQ(FaultAfter([](Json& json) { json["results"][1] = "libc"; }),
            "'some.json': results[1]: an object expected");
  EXPECT_EQ(FaultAfter(
                [](Json& json) { json["results"][1]["rate"].erase("median"); }),
            "'some.json': results[1].rate.median: missing");
  EXPECT_EQ(FaultAfter([](Json& json) {
              json["results"][0]["runs"][2]["rate"] = "fast";
            }),
            "'some.json': results[0].runs[2].rate: "
            "a number expected, 0 or more");
  EXPECT_EQ(FaultAfter([](Json& json) { json["machine"]["processors"] = -2; }),
            "'some.json': machine.processors: a number expected, 0 or more");
  EXPECT_EQ(FaultAfter([](Json& json) { json["results"][0]["x"] = 1.5; }),
            "'some.json': results[0].x: a whole number expected");
  EXPECT_EQ(FaultAfter([](Json& json) { json["results"][0]["x"] = 1e300; }),
            "'some.json': results[0].x: a whole number expected");
  EXPECT_EQ(FaultAfter([](Json& json) { json["results"][0]["peer"] = ""; }),
            "'some.json': results[0].peer: a name expected");
  EXPECT_EQ(FaultAfter([](Json& json) { json["settings"]["command"] = 1; }),
            "'some.json': settings.command: a text expected");
}

// The name of a workload becomes part of a file's.
TEST(ResultsTest, WorkloadsHavePlainNames) {
  EXPECT_EQ(
      FaultAfter([](Json& json) { json["results"][0]["workload"] = "../a"; }),
      "'some.json': results[0].workload: letters, digits and - expected");
}

TEST(ResultsTest, FiguresThatContradictEachOtherAreRefused) {
  EXPECT_EQ(
      FaultAfter([](Json& json) { json["results"][0]["rate"]["median"] = 1; }),
      "'some.json': results[0].rate: "
      "the median is not between lowest and highest");
  EXPECT_EQ(
      FaultAfter([](Json& json) { json["results"][0]["rate"]["highest"] = 1; }),
      "'some.json': results[0].rate: "
      "the median is not between lowest and highest");
  EXPECT_EQ(FaultAfter(
                [](Json& json) { json["results"][0]["runs"] = Json::array(); }),
            "'some.json': results[0].runs: no run");
  EXPECT_EQ(
      FaultAfter([](Json& json) { json["results"][1]["axis"] = "pipes"; }),
      "'some.json': results[1].axis: "
      "another than before for this workload");
  EXPECT_EQ(FaultAfter([](Json& json) {
              json["results"].push_back(json["results"][0]);
            }),
            "'some.json': results[2]: the same case and peer again");
}

TEST(ResultsTest, TheFirstFaultIsTold) {
  EXPECT_EQ(FaultAfter([](Json& json) {
              json["machine"]["kernel"] = 0;
              json["results"][0]["peer"] = "";
            }),
            "'some.json': machine.kernel: a text expected");
}

TEST(ResultsTest, ReadsFilesAndNamesThoseThatItCannot) {
  const tools::ScratchDirectory scratch;
  scratch.Write("a.json", SampleJson({{"aioemul"}}).dump());
  const absl::StatusOr<Results> results = ReadResults(scratch / "a.json");
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_EQ(results->measurements.size(), 1U);

  EXPECT_EQ(
      ReadResults(scratch / "none.json").status().message(),
      "opening '" + (scratch / "none.json") + "': No such file or directory");
  EXPECT_EQ(ReadResults(scratch.path()).status().message(),
            "reading '" + scratch.path() + "': Is a directory");
}

}  // namespace
}  // namespace aioemul::bench_report
