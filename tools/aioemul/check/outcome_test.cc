#include "tools/aioemul/check/outcome.h"

#include <signal.h>

#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace aioemul::tools::check {
namespace {

// Wait statuses, as waitpid has them.
constexpr int kExited = 0;
constexpr int kExitedWith3 = 3 << 8;

Outcome Judge(const std::string& told, const ProcessEnd& end = {}) {
  ResultReader reader;
  reader.Feed(told);
  return reader.Judge(end);
}

TEST(OutcomeTest, AVerdictHasANameThatIsReadBack) {
  for (const Verdict verdict : AllVerdicts()) {
    Verdict read_back;
    ASSERT_TRUE(ParseVerdict(VerdictName(verdict), &read_back));
    EXPECT_EQ(read_back, verdict);
  }
  Verdict verdict;
  EXPECT_FALSE(ParseVerdict("passed", &verdict));
}

TEST(OutcomeTest, LinesMayBeCutAnywhere) {
  const std::string told = "held it is so\nfailed it is not so\ndone \n";
  for (size_t cut = 0; cut <= told.size(); ++cut) {
    ResultReader reader;
    reader.Feed(told.substr(0, cut));
    reader.Feed(told.substr(cut));
    const Outcome outcome = reader.Judge({});
    EXPECT_EQ(outcome.verdict, Verdict::kFails);
    EXPECT_EQ(absl::StrJoin(outcome.observed, "|"), "it is not so");
  }
}

TEST(OutcomeTest, HoldsOnlyWhatWasObservedAndBroughtToItsEnd) {
  EXPECT_EQ(Judge("held x\ndone \n").verdict, Verdict::kHolds);
  EXPECT_EQ(Judge("done \n").verdict, Verdict::kNothingSeen);
  EXPECT_EQ(Judge("held x\n").verdict, Verdict::kEndedEarly);
  // The last line is not whole.
  EXPECT_EQ(Judge("held x\ndone ").verdict, Verdict::kEndedEarly);
}

TEST(OutcomeTest, AFailureCountsMoreThanWhatCouldNotBeTried) {
  EXPECT_EQ(Judge("failed x\nunsupported y\ndone \n").verdict, Verdict::kFails);
  EXPECT_EQ(Judge("failed x\nnotrun y\ndone \n").verdict, Verdict::kFails);
  EXPECT_EQ(Judge("held x\nunsupported y\ndone \n").verdict,
            Verdict::kUnsupported);
  EXPECT_EQ(Judge("held x\nnotrun y\ndone \n").verdict, Verdict::kNotRun);
}

TEST(OutcomeTest, ASignalIsACrashWhateverWasToldBefore) {
  const Outcome outcome = Judge("held x\nfailed y\ndone \n", {false, SIGSEGV});
  EXPECT_EQ(outcome.verdict, Verdict::kCrashed);
  EXPECT_EQ(absl::StrJoin(outcome.observed, "|"),
            "y|the process was ended by signal 11 (Segmentation fault)|"
            "the last that was as it should be: x");
}

TEST(OutcomeTest, AHangIsNoCrashThoughItIsEndedByASignal) {
  const Outcome outcome = Judge("held x\nheld y\n", {true, SIGKILL});
  EXPECT_EQ(outcome.verdict, Verdict::kHung);
  EXPECT_EQ(absl::StrJoin(outcome.observed, "|"),
            "not over when the time limit was reached|"
            "the last that was as it should be: y");
}

TEST(OutcomeTest, AnExitBeforeTheEndTellsTheStatus) {
  const Outcome outcome = Judge("", {false, kExitedWith3});
  EXPECT_EQ(outcome.verdict, Verdict::kEndedEarly);
  EXPECT_EQ(absl::StrJoin(outcome.observed, "|"),
            "the process ended with exit status 3 before the check was over");
  EXPECT_EQ(Judge("", {false, kExited}).verdict, Verdict::kEndedEarly);
}

TEST(OutcomeTest, OnlyWhatTheBackendDidWrongIsAFailure) {
  EXPECT_FALSE(IsFailure(Verdict::kHolds));
  EXPECT_FALSE(IsFailure(Verdict::kUnsupported));
  EXPECT_FALSE(IsFailure(Verdict::kNotRun));
  EXPECT_TRUE(IsFailure(Verdict::kFails));
  EXPECT_TRUE(IsFailure(Verdict::kCrashed));
  EXPECT_TRUE(IsFailure(Verdict::kHung));
  EXPECT_TRUE(IsFailure(Verdict::kEndedEarly));
}

}  // namespace
}  // namespace aioemul::tools::check
