// `aioemul soak` from end to end.

#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "tools/aioemul/testing/command.h"
#include "tools/aioemul/testing/scratch_directory.h"
#include "tools/aioemul/testing/session.h"

namespace aioemul::tools {
namespace {

// What a run draws from its seed unless it is given.
constexpr const char* kTuning[] = {"AIOEMUL_INLINE", "AIOEMUL_MERGE",
                                   "AIOEMUL_SPIN", "AIOEMUL_INLINE_WRITES"};

class SoakTest : public testing::Test {
 protected:
  SoakTest() {
    for (const char* name : kTuning) unsetenv(name);
  }
  // Every run leaves nothing behind.
  ~SoakTest() override { EXPECT_TRUE(scratch_.Snapshot().empty()); }

  CommandResult Run(const std::vector<std::string>& arguments) {
    options_.directory = scratch_.path();
    return RunCommand(arguments, options_);
  }

  CommandResult Soak(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "soak");
    arguments.push_back("--directory=" + scratch_.path());
    return Run(arguments);
  }

  // The number in the row of the table that is called `name`; -1 when there is
  // none.
  static int Row(const CommandResult& result, absl::string_view name) {
    for (absl::string_view line : absl::StrSplit(result.out, '\n')) {
      int number = 0;
      if (absl::ConsumePrefix(&line, absl::StrCat(name, " ")) &&
          absl::SimpleAtoi(line, &number)) {
        return number;
      }
    }
    return -1;
  }

  static void ExpectRight(const CommandResult& result) {
    EXPECT_EQ(result.exit_status, 0) << result.err;
    EXPECT_EQ(result.err, "");
    EXPECT_EQ(Row(result, "completions lost"), 0);
    EXPECT_EQ(Row(result, "bytes wrong"), 0);
    EXPECT_EQ(Row(result, "failures of any kind"), 0);
  }

  // Runs the command that a failure asks to be repeated with.
  CommandResult Repeat(const CommandResult& result) {
    std::vector<std::string> words;
    for (absl::string_view line : absl::StrSplit(result.err, '\n')) {
      if (absl::ConsumePrefix(&line, "aioemul soak: again: ")) {
        words = absl::StrSplit(line, ' ');
      }
    }
    const auto command = std::find(words.begin(), words.end(), "aioemul");
    if (command == words.end()) return {};
    for (auto word = words.begin(); word != command; ++word) {
      const std::pair<std::string, std::string> variable =
          absl::StrSplit(*word, absl::MaxSplits('=', 1));
      setenv(variable.first.c_str(), variable.second.c_str(), 1);
    }
    const CommandResult again = Run({command + 1, words.end()});
    for (const char* name : kTuning) unsetenv(name);
    return again;
  }

  ScratchDirectory scratch_;
  CommandOptions options_;
};

TEST_F(SoakTest, TellsItsSeedFirst) {
  const CommandResult result = Soak({"--seed=4711", "--operations=100"});
  ExpectRight(result);
  EXPECT_TRUE(absl::StartsWith(result.out, "seed 4711\n")) << result.out;
}

TEST_F(SoakTest, TakesANewSeedEachTime) {
  const CommandResult one = Soak({"--operations=1"});
  const CommandResult other = Soak({"--operations=1"});
  ExpectRight(one);
  ExpectRight(other);
  EXPECT_NE(one.out.substr(0, one.out.find('\n')),
            other.out.substr(0, other.out.find('\n')));
}

TEST_F(SoakTest, EndsWhenTheOperationsAreDone) {
  const CommandResult result =
      Soak({"--seed=1", "--operations=8001", "--mix=files"});
  ExpectRight(result);
  EXPECT_EQ(Row(result, "programs"), 2);
  EXPECT_GE(Row(result, "requests accepted"), 8001);
}

TEST_F(SoakTest, EndsWhenTheTimeHasPassed) {
  const CommandResult result = Soak({"--seed=1", "--seconds=1"});
  ExpectRight(result);
  EXPECT_GE(Row(result, "programs"), 1);
  EXPECT_GE(Row(result, "seconds"), 1);
}

TEST_F(SoakTest, InjectsWhatIsAskedForAndNothingElse) {
  const CommandResult result =
      Soak({"--seed=1", "--operations=4000", "--mix=files", "--faults=20%",
            "--kinds=errors,memory"});
  ExpectRight(result);
  EXPECT_GT(Row(result, "injected: errors"), 0);
  EXPECT_GT(Row(result, "injected: failed allocations"), 0);
  EXPECT_GT(Row(result, "requests failed as they must"), 0);
  EXPECT_EQ(Row(result, "injected: short transfers"), 0);
  EXPECT_EQ(Row(result, "injected: delays"), 0);
  EXPECT_EQ(Row(result, "injected: refused signals"), 0);
  EXPECT_EQ(Row(result, "forks"), 0);
}

TEST_F(SoakTest, CountsTheWaysThatTheEnvironmentLeavesOn) {
  const std::vector<std::string> arguments = {"--seed=1", "--operations=4000",
                                              "--mix=files"};
  setenv("AIOEMUL_INLINE", "65536", 1);
  setenv("AIOEMUL_MERGE", "0", 1);
  const CommandResult inlined = Soak(arguments);
  ExpectRight(inlined);
  EXPECT_GT(Row(inlined, "reads made by the caller"), 0);
  EXPECT_EQ(Row(inlined, "runs of several requests"), 0);
  setenv("AIOEMUL_INLINE", "0", 1);
  setenv("AIOEMUL_MERGE", "131072", 1);
  const CommandResult merged = Soak(arguments);
  for (const char* name : kTuning) unsetenv(name);
  ExpectRight(merged);
  EXPECT_EQ(Row(merged, "reads made by the caller"), 0);
  EXPECT_GT(Row(merged, "runs of several requests"), 0);
  EXPECT_GE(Row(merged, "requests in runs"),
            2 * Row(merged, "runs of several requests"));
}

// contract H1, H2, G1.
TEST_F(SoakTest, ForksClosesAndLowersLimits) {
  const CommandResult result =
      Soak({"--seed=1", "--operations=4000", "--mix=process", "--faults=5%",
            "--kinds=forks,closes,signals,threads"});
  ExpectRight(result);
  EXPECT_GT(Row(result, "forks"), 0);
  EXPECT_GT(Row(result, "closes"), 0);
  EXPECT_GT(Row(result, "requests outstanding at a close"), 0);
  EXPECT_GT(Row(result, "limits lowered: pending signals"), 0);
  EXPECT_GT(Row(result, "notifications"), 0);
}

TEST_F(SoakTest, ShowsProgressOnATerminalOnly) {
  options_.terminal = true;
  const CommandResult result = Soak({"--seed=1", "--operations=100"});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_TRUE(absl::StrContains(result.err, "soak: ")) << result.err;
  EXPECT_TRUE(absl::StrContains(result.err, "1 programs")) << result.err;
  // Nothing is left of it.
  EXPECT_TRUE(absl::EndsWith(result.err, " \r")) << result.err;
}

TEST_F(SoakTest, EndsWithItsTableWhenASignalStopsIt) {
  SessionOptions options;
  options.directory = scratch_.path();
  Session session({"soak", "--seconds=100000", "--directory=."}, options);
  session.AwaitOutput();
  session.Signal(SIGINT);
  const CommandResult result = session.Finish();
  EXPECT_EQ(result.signal, SIGINT);
  EXPECT_EQ(Row(result, "failures of any kind"), 0);
}

class SoakEveryMixTest : public SoakTest,
                         public testing::WithParamInterface<const char*> {};

TEST_P(SoakEveryMixTest, FindsNothing) {
  ExpectRight(Soak({"--seed=20241121", "--operations=4000", "--faults=2%",
                    absl::StrCat("--mix=", GetParam())}));
}

INSTANTIATE_TEST_SUITE_P(Mixes, SoakEveryMixTest,
                         testing::Values("files", "streams", "everything",
                                         "scarcity", "handlers", "process"));

// What is planted shows in most programs, not in all.
constexpr char kUntilItFails[] = "--seconds=600";

class SoakPlantedBugTest : public SoakTest,
                           public testing::WithParamInterface<const char*> {};

TEST_P(SoakPlantedBugTest, IsFoundAndFoundAgain) {
  const CommandResult result =
      Soak({kUntilItFails, absl::StrCat("--plant=", GetParam())});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_GT(Row(result, "failures of any kind"), 0);
  const CommandResult again = Repeat(result);
  EXPECT_EQ(again.exit_status, 1) << again.err;
}

INSTANTIATE_TEST_SUITE_P(
    Bugs, SoakPlantedBugTest,
    testing::Values("lost-completion", "lost-notification",
                    "duplicate-notification", "wrong-byte-written",
                    "wrong-byte-read", "reordered-append", "overtaking-sync",
                    "cancelled-write-done", "byte-lost-by-cancel",
                    "unseen-close", "unseen-fork", "wrong-byte-at-once",
                    "mixed-up-run", "part-taken-for-end"),
    [](const auto& test) {
      return absl::StrReplaceAll(test.param, {{"-", "_"}});
    });

TEST_F(SoakTest, CountsWhatWasLostAndWhatWasWrong) {
  EXPECT_GT(
      Row(Soak({kUntilItFails, "--plant=lost-completion"}), "completions lost"),
      0);
  EXPECT_GT(
      Row(Soak({kUntilItFails, "--plant=wrong-byte-read"}), "bytes wrong"), 0);
}

class SoakMisuseTest : public SoakTest,
                       public testing::WithParamInterface<const char*> {};

TEST_P(SoakMisuseTest, IsToldInOneLine) {
  const std::vector<std::string> words = absl::StrSplit(GetParam(), ' ');
  const CommandResult result = Soak(words);
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_TRUE(absl::StartsWith(result.err, "aioemul soak: ")) << result.err;
  EXPECT_EQ(result.err.find('\n'), result.err.size() - 1) << result.err;
}

INSTANTIATE_TEST_SUITE_P(Words, SoakMisuseTest,
                         testing::Values("--seconds=-1", "--operations=many",
                                         "--threads=0", "--faults=1",
                                         "--kinds=error", "--mix=file",
                                         "--plant=none", "extra",
                                         "--mix=files --kinds=forks"));

TEST_F(SoakTest, NeedsADirectory) {
  const CommandResult result =
      Run({"soak", "--directory=" + (scratch_ / "none")});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_TRUE(absl::StrContains(result.err, "No such file or directory"))
      << result.err;
}

}  // namespace
}  // namespace aioemul::tools
