// `aioemul check` from end to end.

#include <signal.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tools/aioemul/testing/command.h"
#include "tools/aioemul/testing/scratch_directory.h"
#include "tools/aioemul/testing/session.h"

namespace aioemul::tools::check {
namespace {

// One that reads, and needs nothing that a machine may lack.
constexpr char kCheck[] = "error-return.result-once";
constexpr char kFilter[] = "--filter=error-return.result-once";

class CheckTest : public testing::Test {
 protected:
  CheckTest() {
    options_.directory = scratch_.path();
    // For what checks leave behind.
    setenv("TMPDIR", temporary_.path().c_str(), 1);
  }
  // Nothing but what a test has asked for is left behind.
  ~CheckTest() override { EXPECT_TRUE(temporary_.Snapshot().empty()); }

  // A backend of the tests; they stand below the directory of the test.
  static std::string PathOf(const std::string& backend) {
    return absl::StrCat(std::filesystem::current_path().string(),
                        "/tools/aioemul/check/lib", backend, "_backend.so");
  }

  CommandResult Check(std::vector<std::string> words) {
    words.insert(words.begin(), "check");
    return RunCommand(words, options_);
  }

  ScratchDirectory scratch_;
  ScratchDirectory temporary_;
  CommandOptions options_;
};

TEST_F(CheckTest, ListsChecksByName) {
  const CommandResult result = Check({"--list"});
  EXPECT_EQ(result.exit_status, 0) << result.err;
  EXPECT_TRUE(absl::StrContains(result.out, "POSIX demands it: "));
  const CommandResult one = Check({"--list", kFilter});
  EXPECT_TRUE(absl::StartsWith(one.out, std::string(kCheck) + "\n    "));
  EXPECT_LT(one.out.size(), result.out.size());
}

TEST_F(CheckTest, ThisLibraryIsCheckedWhenNothingElseIsAskedFor) {
  const CommandResult result = Check({"--strict", "--limit=600", kFilter});
  EXPECT_EQ(result.exit_status, 0) << result.out << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_TRUE(absl::StrContains(result.out, "\naioemul: of 1 thing that "))
      << result.out;
}

TEST_F(CheckTest, ALibraryThatCrashesIsToldOfAndFails) {
  const CommandResult result =
      Check({PathOf("crashing"), "--strict", kFilter, "--limit=600"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_TRUE(absl::StrContains(result.out, "CRASHED  ")) << result.out;
  EXPECT_TRUE(absl::StrContains(result.out, "(Aborted)\n"));
  EXPECT_TRUE(absl::StrContains(result.out, "\\x1b[31m")) << result.out;
  EXPECT_FALSE(absl::StrContains(result.out, "\x1b"));
}

TEST_F(CheckTest, SeveralBackendsStandSideBySide) {
  const CommandResult result =
      Check({"libc", PathOf("exiting"), kFilter, "--limit=600"});
  EXPECT_TRUE(absl::StrContains(result.out, PathOf("exiting")));
  EXPECT_TRUE(absl::StrContains(result.out, "\nlibc: of 1 thing that "));
}

TEST_F(CheckTest, ABackendThatWasAskedForAndIsNotThereIsAnError) {
  const CommandResult result = Check({"./absent.so", "--limit=600"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_TRUE(absl::StartsWith(
      result.err,
      "aioemul check: backend ./absent.so cannot be loaded: ./absent.so: "))
      << result.err;
  EXPECT_EQ(result.out, "");
}

TEST_F(CheckTest, ALibraryWithoutTheFunctionsIsAnError) {
  const CommandResult result =
      Check({"--backend", PathOf("no"), "--limit=600"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_TRUE(absl::StrContains(result.err, "exports none")) << result.err;
}

TEST_F(CheckTest, MisuseIsToldOfBeforeAnythingIsRun) {
  scratch_.Write("expected", "a line\nof three words\n");
  const std::vector<std::string> misuses[] = {
      {"absent"},
      {"--filter=no-such-check"},
      {"--only=c"},
      {"--limit=0"},
      {"--jobs=-1"},
      {"--expect=expected"},
      {"--expect=expected", "libc", "aioemul"},
  };
  for (const std::vector<std::string>& misuse : misuses) {
    const CommandResult result = Check(misuse);
    EXPECT_EQ(result.exit_status, 2) << misuse[0];
    EXPECT_TRUE(absl::StartsWith(result.err, "aioemul check: ")) << result.err;
    EXPECT_EQ(result.out, "");
  }
}

TEST_F(CheckTest, ComparesWithWhatIsExpected) {
  scratch_.Write("right", "# Nothing.\n");
  scratch_.Write("wrong", std::string(kCheck) + " fails  # It does not.\n");
  const CommandResult right = Check({"--expect=right", kFilter, "--limit=600"});
  EXPECT_EQ(right.exit_status, 0) << right.out;
  EXPECT_TRUE(absl::EndsWith(right.out, "\nas expected\n")) << right.out;
  const CommandResult wrong = Check({"--expect=wrong", kFilter, "--limit=600"});
  EXPECT_EQ(wrong.exit_status, 1);
  EXPECT_TRUE(
      absl::EndsWith(wrong.out, absl::StrCat("\ndifference: ", kCheck,
                                             ": expected fails, was holds\n"
                                             "not as expected\n")))
      << wrong.out;
}

TEST_F(CheckTest, WritesTheReportsThatAreAskedFor) {
  const CommandResult result = Check({kFilter, "--tap=tap", "--junit=junit",
                                      "--matrix=matrix", "--limit=600"});
  EXPECT_EQ(result.exit_status, 0) << result.err;
  EXPECT_TRUE(absl::StartsWith(scratch_.Read("tap"), "TAP version 14\n1..1\n"));
  EXPECT_TRUE(absl::StartsWith(scratch_.Read("junit"), "<?xml "));
  EXPECT_TRUE(absl::StartsWith(scratch_.Read("matrix"), "# Conformance\n"));
  EXPECT_TRUE(absl::StrContains(scratch_.Read("matrix"),
                                "\n    aioemul check --filter="));
}

TEST_F(CheckTest, AReportOnTheStandardOutputHasItToItself) {
  const CommandResult result = Check({kFilter, "--tap=-", "--limit=600"});
  EXPECT_TRUE(absl::StartsWith(result.out, "TAP version 14\n"));
  EXPECT_FALSE(absl::StrContains(result.out, "POSIX demands"));
  EXPECT_TRUE(absl::StrContains(result.err, "POSIX demands"));
}

TEST_F(CheckTest, AReportThatCannotBeWrittenIsAnError) {
  const CommandResult result = Check({kFilter, "--junit=/nowhere/at/all"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_TRUE(absl::StrContains(result.err, "'/nowhere/at/all'"));
}

TEST_F(CheckTest, RunsOneCheckInItsOwnProcessForADebugger) {
  setenv("TMPDIR", scratch_.path().c_str(), 1);
  const CommandResult result = Check({"--here", kFilter});
  EXPECT_EQ(result.exit_status, 0) << result.err;
  EXPECT_TRUE(absl::StartsWith(result.out, "held aio_error of the read: "))
      << result.out;
  EXPECT_TRUE(absl::EndsWith(result.out, "\ndone \n")) << result.out;
  EXPECT_EQ(Check({"--here"}).exit_status, 2);
}

TEST_F(CheckTest, AStopSignalEndsEverythingAndLeavesNothing) {
  SessionOptions options;
  options.directory = scratch_.path();
  Session session({"check", PathOf("hanging"), "--limit=100000"}, options);
  // It may come before the command has made itself ready, or between.
  const CommandResult result = session.SignalToDeath(SIGTERM);
  EXPECT_EQ(result.signal, SIGTERM);
}

}  // namespace
}  // namespace aioemul::tools::check
