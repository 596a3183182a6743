#include "tools/aioemul/soak_plan.h"

#include <set>
#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tests/stress/mixes.h"
#include "tests/stress/tuning.h"

namespace aioemul::tools {
namespace {

class SoakPlanTest : public testing::Test {
 protected:
  SoakPlanTest() {
    options_.seed = 1;
    options_.threads = 4;
    options_.per_mille = 10;
    options_.kinds = stress::kAllKinds;
    options_.directory = "/tmp";
  }

  // The mixes of the first hundred programs.
  std::set<std::string> MixNames() const {
    std::set<std::string> names;
    uint64_t seed = options_.seed;
    for (int i = 0; i < 100; ++i, seed = NextSeed(seed)) {
      names.insert(MakeProgram(options_, seed, 0).mix_name);
    }
    return names;
  }

  SoakOptions options_;
};

TEST_F(SoakPlanTest, AllMixesHaveTheirTurn) {
  EXPECT_TRUE(CheckSoakOptions(options_).ok());
  EXPECT_EQ(MixNames().size(), stress::NamedMixes().size());
}

TEST_F(SoakPlanTest, OnlyMixesThatKnowTheKindsHave) {
  options_.kinds = stress::kForks | stress::kCloses;
  EXPECT_EQ(MixNames(), std::set<std::string>{"process"});
  options_.kinds = stress::kMemory;
  EXPECT_EQ(MixNames().count("process"), 0u);
}

TEST_F(SoakPlanTest, TheMixThatWasNamedIsTheOnlyOne) {
  options_.mix = "streams";
  EXPECT_EQ(MixNames(), std::set<std::string>{"streams"});
}

TEST_F(SoakPlanTest, ABugHasAMixThatShowsIt) {
  options_.plant = "unseen-fork";
  EXPECT_EQ(MixNames(), std::set<std::string>{"process"});
  EXPECT_EQ(BugOf(options_), stress::Bug::kUnseenFork);
}

TEST_F(SoakPlanTest, FaultsAreThoseAskedFor) {
  options_.mix = "process";
  options_.kinds = stress::kForks | stress::kSignals | stress::kMemory;
  options_.per_mille = 7;
  const stress::FaultRates faults = MakeProgram(options_, 1, 0).mix.faults;
  EXPECT_EQ(faults.fork, 7);
  EXPECT_EQ(faults.signals, 7);
  EXPECT_EQ(faults.close, 0);
  // Not with the system's own memory.
  EXPECT_EQ(faults.memory, 0);
}

TEST_F(SoakPlanTest, NothingFailsWhereNothingIsToFail) {
  options_.per_mille = 0;
  for (const stress::NamedMix& named : stress::NamedMixes()) {
    options_.mix = named.name;
    EXPECT_TRUE(CheckSoakOptions(options_).ok());
    const stress::FaultRates faults = MakeProgram(options_, 1, 0).mix.faults;
    EXPECT_EQ(faults.error + faults.sync_error + faults.cut +
                  faults.interruption + faults.delay + faults.memory +
                  faults.thread + faults.signals + faults.fork + faults.close,
              0)
        << named.name;
  }
}

TEST_F(SoakPlanTest, OperationsAreSharedByTheThreads) {
  const SoakProgram program = MakeProgram(options_, 1, 1000);
  EXPECT_EQ(program.operations, 1000);
  EXPECT_EQ(program.mix.threads, 4);
  EXPECT_EQ(program.mix.operations, 250);
  EXPECT_EQ(MakeProgram(options_, 1, 1).mix.operations, 1);
}

TEST_F(SoakPlanTest, AProgramIsShortHoweverMuchIsLeft) {
  EXPECT_EQ(MakeProgram(options_, 1, 1'000'000'000).operations,
            MakeProgram(options_, 1, 0).operations);
}

TEST_F(SoakPlanTest, TheSameSeedIsTheSameProgram) {
  for (uint64_t seed = 1; seed < 20; ++seed) {
    EXPECT_EQ(MakeProgram(options_, seed, 0).mix_name,
              MakeProgram(options_, seed, 0).mix_name);
  }
  EXPECT_NE(NextSeed(1), NextSeed(2));
}

// The engine of a program is tuned by the program's seed, which is the
// replay's.
TEST_F(SoakPlanTest, TheSeedTunesTheEngine) {
  std::set<std::string> tunings;
  for (uint64_t seed = 1; seed < 2000; ++seed) {
    const SoakProgram program = MakeProgram(options_, seed, 0);
    const std::string tuning =
        stress::ToString(stress::DrawTuning(program.seed));
    EXPECT_EQ(tuning, stress::ToString(stress::DrawTuning(seed)));
    tunings.insert(tuning);
  }
  // Three sizes of reads, of writes and of runs, three times to spin.
  EXPECT_EQ(tunings.size(), 81u);
}

TEST_F(SoakPlanTest, TheReplayNamesEverything) {
  options_.kinds = stress::kErrors | stress::kDelays;
  options_.directory = "/some where/it's";
  options_.plant = "wrong-byte-read";
  options_.full_disk = true;
  EXPECT_EQ(
      ReplayCommand(options_, MakeProgram(options_, 77, 500), {4096, 0, 20, 0}),
      "AIOEMUL_INLINE=4096 AIOEMUL_MERGE=0 AIOEMUL_SPIN=20 "
      "AIOEMUL_INLINE_WRITES=0 "
      "aioemul soak --seed=77 --operations=500 --threads=4 "
      "--mix=everything --faults=1% --kinds=errors,delays "
      "--directory='/some where/it'\\''s' --plant=wrong-byte-read "
      "--full_disk");
}

TEST_F(SoakPlanTest, WhatIsOutOfRangeIsMisuse) {
  const auto is_misuse = [](const SoakOptions& options) {
    return absl::IsInvalidArgument(CheckSoakOptions(options));
  };
  SoakOptions options = options_;
  options.threads = 0;
  EXPECT_TRUE(is_misuse(options));
  options.threads = 65;
  EXPECT_TRUE(is_misuse(options));
  options = options_;
  options.seconds = -1;
  EXPECT_TRUE(is_misuse(options));
  options = options_;
  options.operations = -1;
  EXPECT_TRUE(is_misuse(options));
  options = options_;
  options.mix = "file";
  EXPECT_TRUE(is_misuse(options));
  options = options_;
  options.plant = "none";
  EXPECT_TRUE(is_misuse(options));
  options = options_;
  options.mix = "files";
  options.kinds = stress::kForks;
  EXPECT_TRUE(is_misuse(options));
}

}  // namespace
}  // namespace aioemul::tools
