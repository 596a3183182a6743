// `aioemul bench-report` from end to end, with a program of the test in
// gnuplot's place.

#include <stdlib.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/aioemul/bench_report/sample_results.h"
#include "tools/aioemul/testing/command.h"
#include "tools/aioemul/testing/scratch_directory.h"

namespace aioemul::bench_report {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using tools::CommandResult;

class BenchReportTest : public ::testing::Test {
 protected:
  BenchReportTest() {
    scratch_.Write("old.json",
                   SampleJson({{"aioemul", 1, {900, 1000, 1100}}}).dump());
    scratch_.Write("new.json",
                   SampleJson({{"aioemul", 1, {1900, 2000, 2100}}}).dump());
    std::filesystem::create_directory(scratch_ / "bin");
    Plotter("echo '<svg>'; cat; echo '</svg>'");
    options_.directory = scratch_.path();
  }

  // What the shell does with `script` in place of gnuplot.  It finds nothing
  // but this program and the system's.
  void Plotter(const std::string& script) {
    scratch_.Write("bin/gnuplot", "#!/bin/sh\nPATH=/usr/bin:/bin\n" + script);
    std::filesystem::permissions(scratch_ / "bin/gnuplot",
                                 std::filesystem::perms::owner_all);
    setenv("PATH", (scratch_ / "bin").c_str(), 1);
  }
  void RemovePlotter() { std::filesystem::remove(scratch_ / "bin/gnuplot"); }

  CommandResult Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "bench-report");
    return tools::RunCommand(arguments, options_);
  }

  bool Exists(const std::string& name) {
    return std::filesystem::exists(scratch_ / name);
  }

  tools::ScratchDirectory scratch_;
  tools::CommandOptions options_;
};

TEST_F(BenchReportTest, WritesThePageAndEveryPlotThatItShows) {
  const CommandResult result = Run({"new.json", "--directory=a/b"});
  EXPECT_EQ(result.exit_status, 0) << result.err;
  EXPECT_EQ(result.out + result.err, "");
  const std::string page = scratch_.Read("a/b/index.html");
  EXPECT_THAT(page, StartsWith("<!DOCTYPE html>\n"));
  for (const std::string name : {"random-read-direct-4096-rate.svg",
                                 "random-read-direct-4096-median-latency.svg",
                                 "random-read-direct-4096-tail-latency.svg"}) {
    EXPECT_THAT(page, HasSubstr("src=\"" + name + "\""));
    EXPECT_THAT(scratch_.Read("a/b/" + name),
                StartsWith("<svg>\nset encoding utf8\n"));
  }
}

TEST_F(BenchReportTest, ReplacesAnEarlierPage) {
  Run({"old.json", "--directory=page"});
  const std::string before = scratch_.Read("page/index.html");
  EXPECT_EQ(Run({"new.json", "--directory=page"}).exit_status, 0);
  EXPECT_NE(scratch_.Read("page/index.html"), before);
}

TEST_F(BenchReportTest, WithoutGnuplotWritesNothingAndSaysSo) {
  RemovePlotter();
  const CommandResult result = Run({"new.json", "--directory=page"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_EQ(result.err,
            "aioemul bench-report: the plots need 'gnuplot', which is not "
            "installed; on Debian: the package gnuplot-nox, or 'tools/setup "
            "--with plots'\n");
  EXPECT_FALSE(Exists("page"));
}

TEST_F(BenchReportTest, FailureOfGnuplotWritesNothing) {
  Plotter("echo 'line 3: no' >&2; exit 1");
  const CommandResult result = Run({"new.json", "--directory=page"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_EQ(result.err,
            "aioemul bench-report: 'gnuplot' failed with exit status 1: "
            "line 3: no\n");
  EXPECT_FALSE(Exists("page"));
}

TEST_F(BenchReportTest, ComparesAndPrintsTablesWithoutGnuplot) {
  RemovePlotter();
  const CommandResult compared = Run({"new.json", "--compare=old.json"});
  EXPECT_EQ(compared.exit_status, 0) << compared.err;
  EXPECT_THAT(compared.out,
              HasSubstr("1.00 k/s  2.00 k/s  +100.0 %  faster\n"));
  const CommandResult markdown = Run({"new.json", "--markdown"});
  EXPECT_EQ(markdown.exit_status, 0) << markdown.err;
  EXPECT_THAT(markdown.out,
              HasSubstr("| 1 | 2.00 k (1.90 k – 2.10 k) | – | – |\n"));
}

TEST_F(BenchReportTest, FileThatIsWrongIsNamedWhicheverItIs) {
  scratch_.Write("bad.json", "{");
  const std::string line =
      "aioemul bench-report: 'bad.json': line 1, column 2: not JSON from here "
      "on\n";
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{
           {"bad.json", "--directory=page"},
           {"bad.json", "--markdown"},
           {"bad.json", "--compare=old.json"},
           {"new.json", "--compare=bad.json"}}) {
    const CommandResult result = Run(arguments);
    EXPECT_EQ(result.exit_status, 1);
    EXPECT_EQ(result.err, line);
    EXPECT_EQ(result.out, "");
  }
}

TEST_F(BenchReportTest, DirectoryThatCannotBeMadeIsNamed) {
  const CommandResult result = Run({"new.json", "--directory=old.json"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_EQ(result.err,
            "aioemul bench-report: creating 'old.json': Not a directory\n");
}

TEST_F(BenchReportTest, SomethingMustBeAskedFor) {
  const CommandResult result = Run({"new.json"});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_EQ(result.err,
            "aioemul bench-report: --directory, --compare or --markdown "
            "expected\n");
}

}  // namespace
}  // namespace aioemul::bench_report
