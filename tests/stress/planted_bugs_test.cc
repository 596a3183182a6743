// The stress test is itself tested: it must find every bug planted here.

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/stress/bug.h"
#include "tests/stress/mix.h"
#include "tests/stress/mixes.h"
#include "tests/stress/run.h"
#include "tests/stress/settings.h"
#include "tests/stress/tuning.h"

namespace aioemul::stress {
namespace {

struct Planted {
  const char* name;
  Bug bug;
  // One of these must be said of it.
  std::vector<std::string> findings;
};

std::ostream& operator<<(std::ostream& stream, const Planted& planted) {
  return stream << planted.name;
}

class PlantedBugTest : public ::testing::TestWithParam<Planted> {
 protected:
  // Enough of everything, and nothing that fails by itself.
  static Mix MixToFind(Bug bug) {
    if (bug == Bug::kUnseenClose || bug == Bug::kUnseenFork) {
      return WithFaults(*FindMix("process"), kForks | kCloses, 20);
    }
    Mix mix;
    mix.operations = 3000;
    mix.workers = 4;
    mix.shared_files = 1;
    mix.append_files = 1;
    mix.channels = bug == Bug::kByteLostByCancel ? 2 : 0;
    mix.syncs = true;
    // A sync that overtakes stands in another queue, which would show there.
    mix.cancels = bug != Bug::kOvertakingSync;
    mix.faults.delay = 200;
    mix.faults.miss = 200;
    // What waits on a descriptor leaves its reads to the workers.
    if (bug == Bug::kWrongByteAtOnce) mix.faults = {};
    return mix;
  }

  // What is wrong with a way to carry requests out shows where it is taken.
  static Setting SettingFor(Bug bug) {
    Setting setting = TheSetting(bug);
    if (bug == Bug::kWrongByteAtOnce || bug == Bug::kMixedUpRun ||
        bug == Bug::kPartTakenForEnd) {
      setting.tuning = Tuning{65536, 131072, 20, 0};
    }
    return setting;
  }
};

TEST_P(PlantedBugTest, IsFound) {
  const Planted& planted = GetParam();
  const Report report = RunMix(TheSettings().Apply(MixToFind(planted.bug)),
                               TheSettings().seed, SettingFor(planted.bug));
  const auto is_finding = [&](const std::string& failure) {
    return std::any_of(
        planted.findings.begin(), planted.findings.end(),
        [&](const std::string& finding) { return failure.find(finding) == 0; });
  };
  EXPECT_TRUE(
      std::any_of(report.failures.begin(), report.failures.end(), is_finding))
      << report;
}

TEST(UnplantedTest, NothingIsFoundWhereNothingIsPlanted) {
  Mix mix;
  mix.operations = 500;
  mix.shared_files = mix.append_files = mix.channels = 1;
  mix.syncs = mix.cancels = true;
  const Report report = RunMix(mix, TheSettings().seed, TheSetting());
  EXPECT_TRUE(report.failures.empty()) << report;
}

INSTANTIATE_TEST_SUITE_P(
    Bugs, PlantedBugTest,
    ::testing::Values(
        Planted{"LostCompletion",
                Bug::kLostCompletion,
                {"nothing happens any more", "never completed"}},
        Planted{"LostNotification",
                Bug::kLostNotification,
                {"nothing happens any more", "a notification never came"}},
        Planted{"DuplicateNotification",
                Bug::kDuplicateNotification,
                {"a notification came twice"}},
        Planted{
            "WrongByteWritten",
            Bug::kWrongByteWritten,
            {"a read of a file gave other bytes", "a file holds other bytes"}},
        Planted{"WrongByteRead",
                Bug::kWrongByteRead,
                {"a read of a file gave other bytes"}},
        Planted{"WrongByteAtOnce",
                Bug::kWrongByteAtOnce,
                {"a read of a file gave other bytes"}},
        // Or nobody asked for the count.
        Planted{
            "MixedUpRun",
            Bug::kMixedUpRun,
            {"a wrong count was returned", "a read of a file gave other bytes",
             "a file holds other bytes"}},
        Planted{"PartTakenForEnd",
                Bug::kPartTakenForEnd,
                {"a wrong count was returned",
                 "a read of a file gave other bytes"}},
        Planted{"ReorderedAppend",
                Bug::kReorderedAppend,
                {"an O_APPEND file does not hold"}},
        Planted{"OvertakingSync",
                Bug::kOvertakingSync,
                {"a sync completed before"}},
        Planted{"CancelledWriteDone",
                Bug::kCancelledWriteDone,
                {"a read of a file gave other bytes",
                 "a file holds other bytes", "an O_APPEND file does not hold"}},
        Planted{"ByteLostByCancel",
                Bug::kByteLostByCancel,
                {"a stream gave other bytes", "bytes of a stream were lost"}},
        // Or the number is nobody's, or another kind of file's, by then.
        Planted{"UnseenClose",
                Bug::kUnseenClose,
                {"a file holds other bytes", "an O_APPEND file does not hold",
                 "a stream gave other bytes", "a stream gave bytes",
                 "failed for no reason", "a wrong count was returned",
                 "a request outlived its descriptor"}},
        Planted{"UnseenFork",
                Bug::kUnseenFork,
                {"in a forked child an inherited request was in progress"}}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace aioemul::stress
