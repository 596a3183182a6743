// The reports, over results that nobody measured.

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tools/aioemul/check/junit_report.h"
#include "tools/aioemul/check/matrix_report.h"
#include "tools/aioemul/check/outcome.h"
#include "tools/aioemul/check/results.h"
#include "tools/aioemul/check/tap_report.h"
#include "tools/aioemul/check/terminal_report.h"
#include "tools/aioemul/check/testing/sample_results.h"

namespace aioemul::tools::check {
namespace {

// The demand fails, what is open differs, and the promise is not supported.
Results Mixed() {
  Results results =
      SampleResults({Verdict::kFails, Verdict::kFails, Verdict::kUnsupported});
  auto& outcomes = results.backends[0].outcomes;
  outcomes[0].observed = {"status: expected 1, got 2", "and then \"<3>\" # |"};
  outcomes[0].printed = "one\ntwo \x1b[0m\n";
  outcomes[1].observed = {"in another way"};
  outcomes[2].observed = {"aio_read gives ENOSYS"};
  MarkFaults(/*strict=*/false, &results);
  return results;
}

TEST(TerminalReportTest, TellsOfEachFailureWhatAReaderNeeds) {
  EXPECT_TRUE(absl::StartsWith(
      RenderForTerminal(Mixed()),
      "FAILS  cancel.one\n"
      "  backend:   mine\n"
      "  clause:    E1; POSIX demands it: aio_cancel, RETURN VALUE\n"
      "  claim:     it is cancelled\n"
      "  observed:  status: expected 1, got 2\n"
      "             and then \"<3>\" # |\n"
      "  printed:   one\n"
      "             two \\x1b[0m\n"
      "  again:     aioemul check --backend=mine --filter=cancel.one\n"
      "\n"
      "DIFFERS  cancel.all\n"))
      << RenderForTerminal(Mixed());
}

TEST(TerminalReportTest, TellsWhatWasNotTriedInALine) {
  EXPECT_TRUE(
      absl::StrContains(RenderForTerminal(Mixed()),
                        "\nunsupported  fork.child: aio_read gives ENOSYS\n"));
}

TEST(TerminalReportTest, NamesTheUnmetDemandsOnceMore) {
  const std::string report = RenderForTerminal(Mixed());
  EXPECT_TRUE(absl::StrContains(report,
                                "\nWhat POSIX demands and mine does not do:\n"
                                "  fails        cancel.one\n"
                                "\n"))
      << report;
}

TEST(TerminalReportTest, EndsWithTheVerdict) {
  EXPECT_TRUE(absl::EndsWith(
      RenderForTerminal(Mixed()),
      "\nmine: of 1 thing that POSIX demands, 1 fails;\n"
      "  of 1 thing that POSIX leaves open, 1 differs;\n"
      "  of 1 thing that aioemul promises beyond POSIX, 1 is not "
      "supported.\n"));
}

TEST(TerminalReportTest, ShowsSeveralBackendsSideBySide) {
  Results results = Mixed();
  AddBackend("other", {Verdict::kHolds, Verdict::kHung, Verdict::kNotRun},
             &results);
  results.missing.push_back({"third", "is not here"});
  const std::string report = RenderForTerminal(results);
  EXPECT_TRUE(absl::StrContains(report,
                                "            mine         other\n"
                                "cancel.one  fails        holds\n"
                                "cancel.all  fails        hung\n"
                                "fork.child  unsupported  not-run\n"))
      << report;
  EXPECT_TRUE(absl::StrContains(report, "\nmissing: third: is not here\n"));
}

TEST(TerminalReportTest, ListsTheChecksWithTheirClauses) {
  EXPECT_EQ(RenderList(SampleChecks().subspan(2)),
            "fork.child\n"
            "    H1; aioemul promises it, beyond POSIX\n"
            "    the child works\n");
}

TEST(TapReportTest, IsOfVersion14) {
  EXPECT_EQ(RenderTap(Mixed()),
            "TAP version 14\n"
            "1..3\n"
            "not ok 1 - mine: cancel.one\n"
            "  ---\n"
            "  verdict: fails\n"
            "  clause: \"E1; POSIX demands it: aio_cancel, RETURN VALUE\"\n"
            "  claim: \"it is cancelled\"\n"
            "  observed:\n"
            "    - \"status: expected 1, got 2\"\n"
            "    - \"and then \\\"<3>\\\" # |\"\n"
            "  printed:\n"
            "    - \"one\"\n"
            "    - \"two \\\\x1b[0m\"\n"
            "  ...\n"
            "not ok 2 - mine: cancel.all # TODO POSIX leaves it open, aioemul "
            "chose it\n"
            "  ---\n"
            "  verdict: fails\n"
            "  clause: \"E2; POSIX leaves it open, aioemul chose it: "
            "aio_cancel\"\n"
            "  claim: \"all | cancelled\"\n"
            "  observed:\n"
            "    - \"in another way\"\n"
            "  ...\n"
            "ok 3 - mine: fork.child # SKIP unsupported: aio_read gives "
            "ENOSYS\n");
}

TEST(TapReportTest, ANameThatLooksLikeADirectiveIsNone) {
  Results results =
      SampleResults({Verdict::kHolds, Verdict::kHolds, Verdict::kHolds});
  results.backends[0].backend = "./a # SKIP\n\\.so";
  EXPECT_TRUE(absl::StrContains(RenderTap(results),
                                "\nok 1 - ./a \\# SKIP\\\\x0a\\\\.so: "
                                "cancel.one\n"))
      << RenderTap(results);
}

TEST(TapReportTest, WhatCountsIsNotOkWhateverItIs) {
  Results results = SampleResults(
      {Verdict::kNothingSeen, Verdict::kHolds, Verdict::kUnsupported});
  MarkFaults(/*strict=*/true, &results);
  const std::string report = RenderTap(results);
  EXPECT_TRUE(absl::StrContains(report, "\nnot ok 1 - mine: cancel.one\n"));
  EXPECT_TRUE(absl::StrContains(report, "\nnot ok 3 - mine: fork.child\n"));
}

TEST(JunitReportTest, HasASuiteForEachBackend) {
  Results results = Mixed();
  AddBackend("other", {Verdict::kCrashed, Verdict::kHolds, Verdict::kHolds},
             &results);
  MarkFaults(/*strict=*/false, &results);
  const std::string report = RenderJunit(results);
  EXPECT_TRUE(absl::StrContains(
      report,
      "<testsuite name=\"mine\" tests=\"3\" failures=\"1\" errors=\"0\" "
      "skipped=\"2\" time=\"0.750\">"))
      << report;
  EXPECT_TRUE(absl::StrContains(
      report,
      "<testsuite name=\"other\" tests=\"3\" failures=\"0\" errors=\"1\" "
      "skipped=\"0\" time=\"0.750\">"))
      << report;
}

TEST(JunitReportTest, TellsAFailureAndItsOutput) {
  EXPECT_TRUE(absl::StrContains(
      RenderJunit(Mixed()),
      "    <testcase classname=\"mine.cancel\" name=\"cancel.one\" "
      "time=\"0.250\">\n"
      "      <failure message=\"fails: status: expected 1, got 2\" "
      "type=\"fails\">clause: E1; POSIX demands it: aio_cancel, RETURN "
      "VALUE\n"
      "claim: it is cancelled\n"
      "observed: status: expected 1, got 2\n"
      "observed: and then &quot;&lt;3&gt;&quot; # |\n"
      "</failure>\n"
      "      <system-out>one\ntwo \\x1b[0m\n</system-out>\n"
      "    </testcase>\n"))
      << RenderJunit(Mixed());
}

TEST(MatrixReportTest, HasARowForEachCheckAndAColumnForEachBackend) {
  Results results = Mixed();
  AddBackend("other", {Verdict::kHolds, Verdict::kHung, Verdict::kNotRun},
             &results);
  const std::string page = RenderMatrix(results);
  EXPECT_TRUE(absl::StrContains(
      page,
      "### cancel\n\n"
      "| check | clause | standing | claim | mine | other |\n"
      "|---|---|---|---|---|---|\n"
      "| `cancel.one` | E1 | demanded | it is cancelled | **fails** | holds "
      "|\n"
      "| `cancel.all` | E2 | open | all \\| cancelled | differs | **hung** "
      "|\n"
      "\n"
      "### fork\n"))
      << page;
}

TEST(MatrixReportTest, TellsWhereAndHowItWasMade) {
  const std::string page = RenderMatrix(Mixed());
  EXPECT_TRUE(absl::StrContains(page, "\n    aioemul check mine\n"));
  EXPECT_TRUE(absl::StrContains(page, "glibc 2.36"));
  EXPECT_TRUE(absl::StrContains(page, "Linux 6.1.0"));
}

TEST(MatrixReportTest, TellsBelowTheTableWhatWasObserved) {
  EXPECT_TRUE(absl::EndsWith(
      RenderMatrix(Mixed()),
      "### Observed of mine\n\n"
      "- `cancel.one` **fails**: status: expected 1, got 2; and then "
      "\"&lt;3&gt;\" \\# \\|\n"
      "- `cancel.all` differs: in another way\n"
      "- `fork.child` unsupported: aio\\_read gives ENOSYS\n"))
      << RenderMatrix(Mixed());
}

TEST(MatrixReportTest, IsTheSameHoweverLongItTook) {
  Results slower = Mixed();
  slower.backends[0].outcomes[0].seconds = 99;
  EXPECT_EQ(RenderMatrix(slower), RenderMatrix(Mixed()));
}

}  // namespace
}  // namespace aioemul::tools::check
