// The text that gnuplot is given.

#include "tools/aioemul/bench_report/plot_script.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/aioemul/bench_report/group.h"
#include "tools/aioemul/bench_report/results.h"
#include "tools/aioemul/bench_report/sample_results.h"

namespace aioemul::bench_report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// The plots of the first group.
std::vector<Plot> Plots(const Results& results) {
  return PlotsOf(GroupsOf(results).front(), PeerOrder(results));
}

std::vector<std::string> Names(const std::vector<Plot>& plots) {
  std::vector<std::string> names;
  for (const Plot& plot : plots) names.push_back(plot.name);
  return names;
}

// The lines of the data block $data`index`.
std::vector<std::string> Data(const Plot& plot, int index) {
  std::vector<std::string> lines = absl::StrSplit(plot.script, '\n');
  std::vector<std::string> data;
  bool inside = false;
  for (const std::string& line : lines) {
    if (line == "END") inside = false;
    if (inside) data.push_back(line);
    if (line == "$data" + std::to_string(index) + " << END") inside = true;
  }
  return data;
}

TEST(PlotScriptTest, DepthHasThroughputAndLatenciesOnLogarithmicAxes) {
  const std::vector<Plot> plots =
      Plots(SampleResults({{"aioemul", 1}, {"aioemul", 32}}));
  EXPECT_THAT(Names(plots),
              ElementsAre("random-read-direct-4096-rate",
                          "random-read-direct-4096-median-latency",
                          "random-read-direct-4096-tail-latency"));
  for (const Plot& plot : plots) {
    EXPECT_THAT(plot.script, HasSubstr("set logscale x 2\n"));
    EXPECT_THAT(plot.script, HasSubstr("set logscale y 10\n"));
    EXPECT_THAT(plot.script, HasSubstr("set xlabel 'Requests in flight'"));
    EXPECT_THAT(plot.script, HasSubstr("set xtics ('1' 1, '32' 32)\n"));
  }
  EXPECT_THAT(plots[0].script, HasSubstr("set ylabel 'Operations per second'"));
  EXPECT_THAT(plots[1].script, HasSubstr("set ylabel 'Microseconds'"));
  EXPECT_EQ(plots[2].title, "Latency, 99th percentile");
}

TEST(PlotScriptTest, EachPeerIsALineWithItsSpread) {
  const std::vector<Plot> plots =
      Plots(SampleResults({{"aioemul", 1, {900, 1000, 1100}},
                           {"libc", 1, {10, 20, 30}},
                           {"aioemul", 4, {3000, 5000, 4000}}}));
  EXPECT_THAT(Data(plots[0], 0),
              ElementsAre("1 1000 900 1100", "4 4000 3000 5000"));
  EXPECT_THAT(Data(plots[0], 1), ElementsAre("1 20 10 30"));
  EXPECT_THAT(plots[0].script,
              HasSubstr(":2:3:4 with yerrorlines title 'aioemul' "
                        "linecolor rgb '#0072b2'"));
  EXPECT_THAT(plots[0].script, HasSubstr(":2:3:4 with yerrorlines title 'libc' "
                                         "linecolor rgb '#d55e00'"));
  // Microseconds; the sample's runs have so many nanoseconds.
  EXPECT_THAT(Data(plots[1], 1), ElementsAre("1 0.02 0.01 0.03"));
  EXPECT_THAT(Data(plots[2], 1), ElementsAre("1 0.2 0.1 0.3"));
}

TEST(PlotScriptTest, SpreadsOfLinesStandBesideEachOther) {
  const std::string logarithmic =
      Plots(SampleResults({{"aioemul", 1}, {"aioemul", 4}, {"libc", 4}}))[0]
          .script;
  EXPECT_THAT(logarithmic, HasSubstr("$data0 using ($1*0.9925):2:3:4 with"));
  EXPECT_THAT(logarithmic, HasSubstr("$data1 using ($1*1.008):2:3:4 with"));
  const std::string linear =
      Plots(SampleResults({{"aioemul", 0}, {"aioemul", 1000}, {"libc", 0}}))[0]
          .script;
  EXPECT_THAT(linear, HasSubstr("$data0 using ($1-5.42):2:3:4 with"));
  EXPECT_THAT(linear, HasSubstr("$data1 using ($1+5.42):2:3:4 with"));
  const std::string alone =
      Plots(SampleResults({{"aioemul", 1}, {"aioemul", 4}}))[0].script;
  EXPECT_THAT(alone, HasSubstr("$data0 using ($1*1):2:3:4 with"));
}

TEST(PlotScriptTest, QueuedHasTheCostOfAnOperation) {
  const std::vector<Plot> plots = Plots(SampleResults(
      {{"aioemul", 5000, {1e6, 2e6, 4e6}, "queue", "queued", 0},
       {"aioemul", 20000, {1e6, 2e6, 4e6}, "queue", "queued", 0}}));
  EXPECT_THAT(Names(plots), ElementsAre("queue-0-cost"));
  EXPECT_THAT(Data(plots[0], 0),
              ElementsAre("5000 500 250 1000", "20000 500 250 1000"));
  EXPECT_THAT(plots[0].script, HasSubstr("'Nanoseconds per operation'"));
  EXPECT_THAT(plots[0].script, HasSubstr("'Requests queued'"));
}

TEST(PlotScriptTest, ThreadsHaveThroughputFromZero) {
  const std::vector<Plot> plots = Plots(SampleResults(
      {{"aioemul", 1, {1000, 1000, 1000}, "threads", "threads"},
       {"aioemul", 8, {4000, 4000, 4000}, "threads", "threads"}}));
  EXPECT_THAT(Names(plots), ElementsAre("threads-4096-rate"));
  EXPECT_THAT(plots[0].script, Not(HasSubstr("set logscale y")));
  EXPECT_THAT(plots[0].script, HasSubstr("set yrange [0:4240]\n"));
  EXPECT_THAT(plots[0].script,
              HasSubstr("set ytics ('0' 0, '1 k' 1000, '2 k' 2000, '3 k' 3000, "
                        "'4 k' 4000)\n"));
  EXPECT_THAT(plots[0].script, HasSubstr("'Threads that submit'"));
}

TEST(PlotScriptTest, AxisWithAZeroIsLinear) {
  const std::vector<Plot> plots = Plots(
      SampleResults({{"aioemul", 0, {1, 2, 3}, "idle-pipes", "pipes"},
                     {"aioemul", 10000, {1, 2, 3}, "idle-pipes", "pipes"}}));
  EXPECT_THAT(plots[0].script, Not(HasSubstr("set logscale")));
  EXPECT_THAT(plots[0].script, HasSubstr("set xrange [-360:10360]\n"));
  EXPECT_THAT(Data(plots[0], 0), ElementsAre("0 2 1 3", "10000 2 1 3"));
}

TEST(PlotScriptTest, SingleXIsBars) {
  const std::vector<Plot> plots = Plots(
      SampleResults({{"aioemul", 1, {1e6, 2e6, 4e6}, "error", "queued", 0},
                     {"libc", 1, {1e6, 1e6, 1e6}, "error", "queued", 0}}));
  EXPECT_THAT(Names(plots), ElementsAre("error-0-cost"));
  const std::string& script = plots[0].script;
  EXPECT_THAT(script, HasSubstr("set ytics ('aioemul' 1, 'libc' 2)\n"));
  EXPECT_THAT(script, HasSubstr("set yrange [2.6:0.4]\n"));
  EXPECT_THAT(script, HasSubstr("set xlabel 'Nanoseconds per operation'\n"));
  EXPECT_THAT(script, HasSubstr("$data1 using (0):(2):(0):2:(2-0.32):(2+0.32) "
                                "with boxxyerror linecolor rgb '#d55e00'"));
  EXPECT_THAT(script, HasSubstr("$data1 using 2:(2):3:4 with xerrorbars"));
  EXPECT_THAT(Data(plots[0], 0), ElementsAre("1 500 250 1000"));
}

TEST(PlotScriptTest, WhatWasNotMeasuredHasNoPlot) {
  Json json = SampleJson({{"aioemul", 1}, {"aioemul", 4}});
  for (Json& result : json["results"]) {
    for (Json& run : result["runs"]) run["latency_ns"] = nullptr;
  }
  EXPECT_THAT(Names(Plots(Parsed(json))),
              ElementsAre("random-read-direct-4096-rate"));
}

TEST(PlotScriptTest, LogarithmicAxisLeavesOutWhatIsZero) {
  const std::vector<Plot> plots = Plots(
      SampleResults({{"aioemul", 1, {0, 0, 0}}, {"aioemul", 4, {0, 65, 100}}}));
  // The bottom of the axis is below 65, and above 0.
  EXPECT_THAT(Data(plots[0], 0), ElementsAre("4 65 50 100"));
}

TEST(PlotScriptTest, TextMeansNothingToGnuplot) {
  EXPECT_EQ(GnuplotQuoted("a 'b' c"), "'a ''b'' c'");
  EXPECT_EQ(GnuplotQuoted("`rm x`\n!rm y\r$z"), "'`rm x` !rm y $z'");
  const std::vector<Plot> plots =
      Plots(SampleResults({{"it's\n!false", 1}, {"it's\n!false", 4}}));
  EXPECT_THAT(plots[0].script, HasSubstr("title 'it''s !false'"));
  // The underscore of io_uring is no subscript.
  EXPECT_THAT(plots[0].script, HasSubstr(" noenhanced "));
}

}  // namespace
}  // namespace aioemul::bench_report
