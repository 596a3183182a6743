#include "tools/aioemul/check/results.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "tools/aioemul/check/outcome.h"
#include "tools/aioemul/check/testing/sample_results.h"

namespace aioemul::tools::check {
namespace {

constexpr Verdict kHolds = Verdict::kHolds;

// The verdicts are of what POSIX demands, leaves open, and what is promised.
bool CountsAgainst(const std::vector<Verdict>& verdicts, bool strict) {
  Results results = SampleResults(verdicts);
  MarkFaults(strict, &results);
  return HasFault(results);
}

TEST(ResultsTest, ADemandThatIsNotMetIsAFault) {
  EXPECT_FALSE(CountsAgainst({kHolds, kHolds, kHolds}, false));
  for (const Verdict verdict : {Verdict::kFails, Verdict::kCrashed,
                                Verdict::kHung, Verdict::kEndedEarly}) {
    EXPECT_TRUE(CountsAgainst({verdict, kHolds, kHolds}, false));
  }
}

TEST(ResultsTest, WhatPosixDoesNotDemandIsNone) {
  EXPECT_FALSE(
      CountsAgainst({kHolds, Verdict::kFails, Verdict::kCrashed}, false));
}

TEST(ResultsTest, WhatCouldNotBeTriedIsNone) {
  EXPECT_FALSE(CountsAgainst({Verdict::kUnsupported, kHolds, kHolds}, false));
  EXPECT_FALSE(CountsAgainst({Verdict::kNotRun, kHolds, kHolds}, false));
}

TEST(ResultsTest, StrictlyEverythingMustHold) {
  EXPECT_FALSE(CountsAgainst({kHolds, kHolds, kHolds}, true));
  EXPECT_TRUE(CountsAgainst({kHolds, Verdict::kFails, kHolds}, true));
  EXPECT_TRUE(CountsAgainst({kHolds, kHolds, Verdict::kHung}, true));
  EXPECT_TRUE(CountsAgainst({kHolds, kHolds, Verdict::kUnsupported}, true));
}

TEST(ResultsTest, StrictlyTooTheMachineIsNoFaultOfTheBackend) {
  EXPECT_FALSE(CountsAgainst({Verdict::kNotRun, kHolds, kHolds}, true));
}

TEST(ResultsTest, ACheckThatSeesNothingIsAlwaysAFault) {
  EXPECT_TRUE(CountsAgainst({kHolds, kHolds, Verdict::kNothingSeen}, false));
}

TEST(ResultsTest, TheVerdictIsASentenceForEachStanding) {
  const Results results =
      SampleResults({kHolds, Verdict::kFails, Verdict::kUnsupported});
  EXPECT_EQ(VerdictText(results, results.backends[0]),
            "mine: of 1 thing that POSIX demands, 1 holds;\n"
            "  of 1 thing that POSIX leaves open, 1 differs;\n"
            "  of 1 thing that aioemul promises beyond POSIX, 1 is not "
            "supported.");
}

TEST(ResultsTest, TheVerdictPassesOverStandingsThatWereNotChecked) {
  Results results = SampleResults({Verdict::kHung});
  results.checks.resize(1);
  EXPECT_EQ(VerdictText(results, results.backends[0]),
            "mine: of 1 thing that POSIX demands, 1 hung.");
}

TEST(ResultsTest, TalliesCountEachVerdict) {
  const Results results =
      SampleResults({Verdict::kHung, kHolds, Verdict::kNotRun});
  EXPECT_EQ(
      RenderTallies(results, results.backends[0]),
      "mine               checks  holds  fails  crashed  hung  ended-early  "
      "unsupported  not-run\n"
      "POSIX demands           1      0      0        0     1            0  "
      "          0        0\n"
      "POSIX leaves open       1      1      0        0     0            0  "
      "          0        0\n"
      "aioemul promises        1      0      0        0     0            0  "
      "          0        1\n");
}

TEST(ResultsTest, TheSystemTellsItsVersions) {
  EXPECT_TRUE(absl::StrContains(KernelVersion(), " "));
}

}  // namespace
}  // namespace aioemul::tools::check
