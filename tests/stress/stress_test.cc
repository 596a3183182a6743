// Random programs on several threads against one engine, checked against a
// model (SEMANTICS A to G, I and J).  Each mix runs from a fixed seed, so that
// something is the same from day to day, and from one never used before.

#include <cstdint>
#include <iostream>
#include <string>

#include "gtest/gtest.h"
#include "tests/stress/mix.h"
#include "tests/stress/mixes.h"
#include "tests/stress/run.h"
#include "tests/stress/settings.h"

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
  faults.sync_error = 200;
  faults.signals = 20;
  return faults;
}

Mix Faults() {
  Mix mix = *FindMix("everything");
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
    const Report report =
        RunMix(TheSettings().Apply(GetParam().mix()), seed, TheSetting());
    std::cout << report << std::endl;
    EXPECT_TRUE(report.failures.empty())
        << "repeat with --seed=" << seed << " --gtest_filter=*"
        << GetParam().name << "\n"
        << report;
    EXPECT_GT(report.counts.completed, 0);
  }
};

TEST_P(StressTest, HoldsFromAFixedSeed) { Expect(20241121); }

TEST_P(StressTest, HoldsFromAnySeed) { Expect(TheSettings().seed); }

INSTANTIATE_TEST_SUITE_P(
    Mixes, StressTest,
    ::testing::Values(Named{"Files", &Files}, Named{"Streams", &Streams},
                      Named{"Faults", &Faults}, Named{"Scarcity", &Scarcity},
                      Named{"ScarcityOnStreams", &ScarcityOnStreams},
                      Named{"Handlers", &Handlers}, Named{"Process", &Process}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace aioemul::stress
