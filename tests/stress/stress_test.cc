// Random programs on several threads against one engine, checked against a
// model (SEMANTICS A to G, I and J).  Each mix runs from a fixed seed, so that
// something is the same from day to day, and from one never used before.

#include <cstdint>
#include <iostream>
#include <string>

#include "gtest/gtest.h"
#include "tests/stress/mix.h"
#include "tests/stress/run.h"
#include "tests/stress/settings.h"

namespace aioemul::stress {
namespace {

// Many workers and nothing failing: how fast it can go wrong.
Mix Files() {
  Mix mix;
  mix.workers = 16;
  mix.shared_files = 2;
  mix.append_files = 1;
  mix.lists = mix.syncs = mix.cancels = true;
  mix.faults.delay = 50;
  return mix;
}

Mix Streams() {
  Mix mix;
  mix.workers = 2;
  mix.channels = 3;
  mix.shared_files = 1;
  mix.lists = mix.cancels = true;
  mix.faults.cut = 100;
  mix.faults.delay = 20;
  return mix;
}

Mix Faults() {
  Mix mix;
  mix.workers = 4;
  mix.shared_files = 1;
  mix.append_files = 2;
  mix.channels = 1;
  mix.lists = mix.syncs = mix.cancels = true;
  mix.faults.error = 100;
  mix.faults.cut = 100;
  mix.faults.interruption = 100;
  mix.faults.delay = 100;
  mix.faults.sync_error = 200;
  mix.faults.signals = 20;
  return mix;
}

// Limits are met all the time, and workers come and go.
Mix Scarcity() {
  Mix mix;
  mix.workers = 3;
  mix.max_requests = 24;
  mix.shared_files = 1;
  mix.append_files = 1;
  mix.lists = mix.syncs = mix.cancels = mix.reconfigure = true;
  mix.faults.delay = 50;
  mix.faults.memory = 300;
  mix.faults.thread = 300;
  mix.faults.signals = 50;
  return mix;
}

// The poller cannot always be had, so workers block for streams.
Mix ScarcityOnStreams() {
  Mix mix = Scarcity();
  mix.max_requests = 64;
  mix.channels = 2;
  // A blocked worker must not be the only one, nor hold up notifications that
  // the program waits for before it frees that worker.
  mix.workers = 8;
  mix.reconfigure = false;
  mix.faults.signals = 0;
  mix.faults.memory = mix.faults.thread = 100;
  return mix;
}

Mix Handlers() {
  Mix mix = Faults();
  mix.workers = 8;
  mix.reconfigure = mix.handlers = true;
  return mix;
}

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
        RunStress(TheSettings().Apply(GetParam().mix()), seed);
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
                      Named{"Handlers", &Handlers}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace aioemul::stress
