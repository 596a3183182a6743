// The child process, with a program of the test in gnuplot's place.

#include "tools/aioemul/bench_report/gnuplot.h"

#include <filesystem>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "tools/aioemul/testing/scratch_directory.h"

namespace aioemul::bench_report {
namespace {

class GnuplotTest : public ::testing::Test {
 protected:
  // A program that does what the shell does with `script`.
  std::string Program(const std::string& script) {
    scratch_.Write("stand-in", "#!/bin/sh\n" + script);
    std::filesystem::permissions(scratch_ / "stand-in",
                                 std::filesystem::perms::owner_all);
    return scratch_ / "stand-in";
  }

  std::string ErrorOf(const std::string& script) {
    const absl::StatusOr<std::string> svg = RunGnuplot(Program(script), "plot");
    EXPECT_FALSE(svg.ok());
    return std::string(svg.status().message());
  }

  std::string InQuotes() const { return "'" + (scratch_ / "stand-in") + "'"; }

  tools::ScratchDirectory scratch_;
};

TEST_F(GnuplotTest, GivesTheScriptAndReturnsTheOutput) {
  const absl::StatusOr<std::string> svg = RunGnuplot(
      Program("echo \"<svg>$*\"; cat; echo '</svg>'"), "set x\nplot y\n");
  ASSERT_TRUE(svg.ok()) << svg.status();
  EXPECT_EQ(*svg, "<svg>-d\nset x\nplot y\n</svg>\n");
}

// More than a pipe holds, in every direction, and read by nobody at first.
TEST_F(GnuplotTest, StreamsOfAnyLengthPass) {
  const std::string script(1'000'000, '#');
  const absl::StatusOr<std::string> svg = RunGnuplot(
      Program("head -c 300000 /dev/zero >&2; cat; echo '</svg>'"), script);
  ASSERT_TRUE(svg.ok()) << svg.status();
  EXPECT_EQ(*svg, script + "</svg>\n");
}

TEST_F(GnuplotTest, ProgramThatDoesNotReadItsInputDoesNoHarm) {
  const absl::StatusOr<std::string> svg =
      RunGnuplot(Program("echo '<svg></svg>'"), std::string(1'000'000, '#'));
  EXPECT_TRUE(svg.ok()) << svg.status();
}

TEST_F(GnuplotTest, MissingProgramIsNamed) {
  const absl::StatusOr<std::string> svg =
      RunGnuplot(scratch_ / "absent", "plot");
  EXPECT_EQ(svg.status().message(),
            "the plots need '" + (scratch_ / "absent") +
                "', which is not installed; on Debian: the package "
                "gnuplot-nox, or 'tools/setup --with plots'");
}

TEST_F(GnuplotTest, ProgramThatCannotBeRunIsNamed) {
  scratch_.Write("plain", "text");
  const absl::StatusOr<std::string> svg = RunGnuplot(scratch_ / "plain", "");
  EXPECT_EQ(svg.status().message(),
            "running '" + (scratch_ / "plain") + "': Permission denied");
}

TEST_F(GnuplotTest, FailureIsToldByTheFirstLineThatSaysSomething) {
  EXPECT_EQ(
      ErrorOf("printf '\\ngnuplot> plot x\\n   ^\\n line 7: no\\nmore\\n' "
              ">&2; exit 3"),
      InQuotes() + " failed with exit status 3: line 7: no");
}

TEST_F(GnuplotTest, OutputOfAFailureIsNotBelieved) {
  EXPECT_EQ(ErrorOf("echo '<svg></svg>'; exit 1"),
            InQuotes() + " failed with exit status 1");
}

TEST_F(GnuplotTest, SuccessWithoutAnSvgIsAFailure) {
  EXPECT_EQ(ErrorOf("echo '<svg>'"), InQuotes() + " wrote no SVG");
}

TEST_F(GnuplotTest, EndBySignalIsTold) {
  EXPECT_EQ(ErrorOf("echo '<svg></svg>'; kill -9 $$"),
            InQuotes() + " was ended by signal 9");
}

}  // namespace
}  // namespace aioemul::bench_report
