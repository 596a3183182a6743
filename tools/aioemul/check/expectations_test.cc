#include "tools/aioemul/check/expectations.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "tools/aioemul/check/outcome.h"
#include "tools/aioemul/check/results.h"
#include "tools/aioemul/check/testing/sample_results.h"

namespace aioemul::tools::check {
namespace {

constexpr Verdict kHolds = Verdict::kHolds;
constexpr Verdict kFails = Verdict::kFails;

Expectations Parsed(absl::string_view text) {
  const auto expected = ParseExpectations(text);
  EXPECT_TRUE(expected.ok()) << expected.status().message();
  return expected.ok() ? *expected : Expectations();
}

std::string ParseError(absl::string_view text) {
  const auto expected = ParseExpectations(text);
  EXPECT_EQ(expected.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(expected.status().message());
}

// The sample's three checks against the file: "differences / notes".
std::string Compared(absl::string_view file, Results* results) {
  const Comparison comparison =
      CompareWith(Parsed(file), SampleChecks(), results);
  return absl::StrJoin(comparison.differences, "; ") + " / " +
         absl::StrJoin(comparison.notes, "; ");
}

std::string Compared(absl::string_view file,
                     const std::vector<Verdict>& verdicts) {
  Results results = SampleResults(verdicts);
  return Compared(file, &results);
}

TEST(ExpectationsTest, ReadsNamesVerdictsAndCommentsWithReasons) {
  const Expectations expected = Parsed(
      "# Known.\n\nlibc: glibc 2.36\n"
      "cancel.one fails  # because\n  fork.child\thung|crashed\n");
  EXPECT_EQ(expected.libc, "glibc 2.36");
  EXPECT_EQ(expected.verdicts.size(), 2U);
  EXPECT_EQ(expected.verdicts.at("fork.child"),
            (std::vector<Verdict>{Verdict::kHung, Verdict::kCrashed}));
}

TEST(ExpectationsTest, TellsTheLineThatItCannotRead) {
  EXPECT_EQ(ParseError("# one\ncancel.one\n"), "line 2: not 'NAME VERDICT'");
  EXPECT_EQ(ParseError("cancel.one passes"),
            "line 1: no verdict is called 'passes'");
  EXPECT_EQ(ParseError("a.b fails\na.b hung\n"), "line 2: a.b is there twice");
}

TEST(ExpectationsTest, AFileThatIsNotThereIsAnError) {
  EXPECT_FALSE(ReadExpectations("/nowhere/at/all").ok());
}

TEST(ExpectationsTest, ChecksThatAreNotNamedMustHold) {
  EXPECT_EQ(Compared("", {kHolds, kHolds, kHolds}), " / ");
  EXPECT_EQ(Compared("", {kHolds, kHolds, kFails}),
            "fork.child: expected holds, was fails / ");
}

TEST(ExpectationsTest, AKnownFailureIsAsExpectedAndNoFault) {
  Results results = SampleResults({kFails, kHolds, kHolds});
  EXPECT_EQ(Compared("cancel.one fails", &results), " / ");
  EXPECT_FALSE(HasFault(results));
}

TEST(ExpectationsTest, WhatHoldsThoughItWasKnownToFailIsADifference) {
  Results results = SampleResults({kHolds, kHolds, kHolds});
  EXPECT_EQ(Compared("cancel.one fails", &results),
            "cancel.one: expected fails, was holds / ");
  EXPECT_TRUE(HasFault(results));
}

TEST(ExpectationsTest, AnotherKindOfFailureIsADifference) {
  EXPECT_EQ(Compared("cancel.one fails", {Verdict::kHung, kHolds, kHolds}),
            "cancel.one: expected fails, was hung / ");
}

TEST(ExpectationsTest, AnyOfSeveralVerdictsIsRight) {
  for (const Verdict verdict : {kFails, Verdict::kHung}) {
    EXPECT_EQ(Compared("cancel.one fails|hung", {verdict, kHolds, kHolds}),
              " / ");
  }
}

TEST(ExpectationsTest, ANameThatNoCheckHasIsADifference) {
  EXPECT_EQ(Compared("cancel.two fails", {kHolds, kHolds, kHolds}),
            "cancel.two: expected fails, but there is no such check / ");
}

TEST(ExpectationsTest, ANameThatIsNotSelectedIsNone) {
  Results results = SampleResults({kHolds});
  results.checks.resize(1);
  EXPECT_EQ(Compared("fork.child fails", &results), " / ");
}

TEST(ExpectationsTest, WhatWasNotRunIsNoted) {
  Results results = SampleResults({Verdict::kNotRun, kHolds, kHolds});
  EXPECT_EQ(Compared("", &results),
            " / cancel.one: expected holds, was not-run");
  EXPECT_FALSE(HasFault(results));
}

TEST(ExpectationsTest, WithAnotherLibcDifferencesAreTold) {
  Results results = SampleResults({kHolds, kHolds, kFails});
  results.libc = "glibc 9.9";
  EXPECT_EQ(Compared("libc: glibc 2.36\ncancel.one fails", &results),
            " / the expectations are of glibc 2.36, and this is glibc 9.9: "
            "differences count for nothing; "
            "cancel.one: expected fails, was holds; "
            "fork.child: expected holds, was fails");
  EXPECT_FALSE(HasFault(results));
}

TEST(ExpectationsTest, WithAnotherLibcTooTheSuiteItselfMustBeRight) {
  Results results = SampleResults({Verdict::kNothingSeen, kHolds, kHolds});
  results.libc = "glibc 9.9";
  EXPECT_TRUE(absl::StartsWith(
      Compared("libc: glibc 2.36\ncancel.two fails", &results),
      "cancel.two: expected fails, but there is no such check; "
      "cancel.one: expected holds, was nothing-seen / "));
}

TEST(ExpectationsTest, TheComparisonEndsWithItsResult) {
  EXPECT_EQ(RenderComparison({}), "as expected\n");
  EXPECT_EQ(RenderComparison({{"one"}, {"two"}}),
            "note: two\ndifference: one\nnot as expected\n");
}

}  // namespace
}  // namespace aioemul::tools::check
