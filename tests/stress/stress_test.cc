// Random programs on several threads against one engine, checked against a
// model (contract A to G, I and J).  Each mix runs from a fixed seed, so that
// something is the same from day to day, and from one never used before.

#include <cstdint>
#include <iostream>
#include <string>

#include "gtest/gtest.h"
#include "tests/stress/mix.h"
#include "tests/stress/mixes.h"
#include "tests/stress/run.h"
#include "tests/stress/settings.h"
#include "tests/stress/tuning.h"
#include "tests/support/effort.h"

namespace aioemul::stress {
namespace {

// Nothing fails.
Mix Files() {
  Mix mix = *FindMix("files");
  mix.faults.delay = 50;
  return mix;
}

Mix Streams() {
  Mix mix = *FindMix("streams");
  mix.faults.cut = 100;
  mix.faults.delay = 20;
  return mix;
}

FaultRates ManyFaults() {
  FaultRates faults;
  faults.error = 100;
  faults.cut = 100;
  faults.interruption = 100;
  faults.delay = 100;
  faults.miss = 100;
  faults.sync_error = 200;
  faults.signals = 20;
  return faults;
}

Mix Faults() {
  Mix mix = *FindMix("everything");
  mix.faults = ManyFaults();
  return mix;
}

// All ways to carry a request out, and all that may go wrong on them.
Mix FaultsOnFiles() {
  Mix mix = *FindMix("files");
  mix.workers = 4;
  mix.faults = ManyFaults();
  return mix;
}

Mix Scarcity() {
  Mix mix = *FindMix("scarcity");
  mix.faults.delay = 50;
  mix.faults.memory = 300;
  mix.faults.thread = 300;
  mix.faults.signals = 50;
  return mix;
}

// The poller cannot always be had, so workers block for streams.
Mix ScarcityOnStreams() {
  Mix mix = Scarcity();
  mix.channels = 2;
  return mix;
}

Mix Handlers() {
  Mix mix = *FindMix("handlers");
  mix.faults = ManyFaults();
  return mix;
}

// Through aio/aio.h, on the system as it is.
Mix Process() { return WithFaults(*FindMix("process"), kAllKinds, 10); }

struct Named {
  const char* name;
  Mix (*mix)();
};

std::ostream& operator<<(std::ostream& stream, const Named& named) {
  return stream << named.name;
}

class StressTest : public ::testing::TestWithParam<Named> {
 protected:
  static void Expect(uint64_t seed) {
    Mix drawn = GetParam().mix();
    if (testing::LongTests()) drawn.operations *= 10;
    const Mix mix = TheSettings().Apply(drawn);
    const Tuning tuning = TuningOf(mix, seed, TheSetting());
    std::cout << ToString(tuning) << " --seed=" << seed << std::endl;
    const Report report = RunMix(mix, seed, TheSetting());
    std::cout << report << std::endl;
    EXPECT_TRUE(report.failures.empty())
        << "repeat with " << ToString(tuning) << " --seed=" << seed
        << " --gtest_filter=*" << GetParam().name << "\n"
        << report;
    EXPECT_GT(report.counts.completed, 0);
    // What somebody asked for by hand may be too little to see them all.
    const bool short_run = TheSettings().operations > 0;
    if (!mix.public_interface && !short_run) ExpectWays(tuning, report.ways);
  }

  // Those that are on were taken, and no others.
  static void ExpectWays(const Tuning& tuning, const Ways& ways) {
    EXPECT_EQ(ways.at_once > 0, tuning.inline_bytes > 0) << ways.at_once;
    EXPECT_EQ(ways.written_at_once > 0, tuning.inline_write_bytes > 0)
        << ways.written_at_once;
    EXPECT_EQ(ways.runs > 0, tuning.merge_bytes > 0) << ways.runs;
    EXPECT_GE(ways.in_runs, 2 * ways.runs);
  }
};

TEST_P(StressTest, HoldsFromAFixedSeed) { Expect(20241121); }

TEST_P(StressTest, HoldsFromAnySeed) { Expect(TheSettings().seed); }

// Whatever the seeds above have drawn.
TEST(WaysTest, AllAreTakenWhereTheyAreOnAndFail) {
  Setting setting = TheSetting();
  setting.tuning = Tuning{65536, 131072, 20, 65536};
  const Report report = RunMix(FaultsOnFiles(), TheSettings().seed, setting);
  std::cout << report << std::endl;
  EXPECT_TRUE(report.failures.empty()) << report;
  EXPECT_GT(report.ways.at_once, 0);
  EXPECT_GT(report.ways.written_at_once, 0);
  EXPECT_GT(report.ways.runs, 0);
  EXPECT_GE(report.ways.in_runs, 2 * report.ways.runs);
  EXPECT_GT(report.injected.misses, 0);
  EXPECT_GT(report.injected.broken_runs, 0);
}

TEST(WaysTest, NoneIsTakenWhereAllAreOff) {
  Setting setting = TheSetting();
  setting.tuning = Tuning{0, 0, 0, 0};
  const Report report = RunMix(Files(), TheSettings().seed, setting);
  EXPECT_TRUE(report.failures.empty()) << report;
  EXPECT_EQ(report.ways.at_once, 0);
  EXPECT_EQ(report.ways.written_at_once, 0);
  EXPECT_EQ(report.ways.runs, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Mixes, StressTest,
    ::testing::Values(Named{"Files", &Files}, Named{"Streams", &Streams},
                      Named{"Faults", &Faults},
                      Named{"FaultsOnFiles", &FaultsOnFiles},
                      Named{"Scarcity", &Scarcity},
                      Named{"ScarcityOnStreams", &ScarcityOnStreams},
                      Named{"Handlers", &Handlers}, Named{"Process", &Process}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace aioemul::stress
