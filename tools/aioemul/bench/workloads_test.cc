// Each workload with each peer, in processes of their own, which are this
// program again.

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <string>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "tools/aioemul/bench/bench_file.h"
#include "tools/aioemul/bench/measurement.h"
#include "tools/aioemul/bench/measuring_process.h"
#include "tools/aioemul/bench/menu.h"
#include "tools/aioemul/bench/peer.h"
#include "tools/aioemul/direct_io.h"
#include "tools/aioemul/file.h"
#include "tools/aioemul/testing/scratch_directory.h"

namespace aioemul::tools::bench {
namespace {

constexpr int64_t kFileBytes = 64 * 4096;
// So that a stall is left to the time limit of the test.
constexpr double kForEver = 1e9;

class MeasuringTest : public testing::Test {
 protected:
  MeasuringTest() {
    measurement_.block_bytes = 4096;
    measurement_.file = PathForOthers(*file_);
    measurement_.file_bytes = kFileBytes;
    measurement_.operations = 300;
    measurement_.x = 3;
    options_.longest_seconds = kForEver;
  }
  ~MeasuringTest() override { EXPECT_TRUE(scratch_.Snapshot().empty()); }

  absl::StatusOr<MeasuredRun> Run() {
    return RunMeasuringProcess(measurement_, options_);
  }

  ScratchDirectory scratch_;
  const absl::StatusOr<File> file_ = MakeBenchFile(scratch_.path(), kFileBytes);
  Measurement measurement_;
  ProcessOptions options_;
};

using Pair = std::tuple<const Workload*, const Peer*>;

class WorkloadTest : public MeasuringTest,
                     public testing::WithParamInterface<Pair> {
 protected:
  // Why this machine cannot; empty when it can.
  std::string Obstacle() {
    const auto [workload, peer] = GetParam();
    const absl::Status probe = peer->probe();
    if (!probe.ok()) return std::string(probe.message());
    absl::StatusOr<File> file = MakeBenchFile(scratch_.path(), 4096);
    const bool refused = workload->direct && !EnableDirectIo(*file).ok();
    return refused ? "has no direct I/O" : "";
  }
};

TEST_P(WorkloadTest, CountsWhatItHasDone) {
  const auto [workload, peer] = GetParam();
  measurement_.workload = std::string(workload->name);
  measurement_.peer = std::string(peer->name);
  const absl::StatusOr<MeasuredRun> run = Run();
  const std::string obstacle = Obstacle();
  if (!obstacle.empty()) {
    EXPECT_TRUE(absl::StrContains(run.status().message(), obstacle));
    return;
  }
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_GE(run->operations, measurement_.operations);
  EXPECT_GT(run->seconds, 0);
  EXPECT_EQ(
      run->latencies.has_value(),
      MovesBlocks(*workload) || absl::StartsWith(workload->name, "suspend"));
}

std::vector<Pair> AllPairs() {
  std::vector<Pair> pairs;
  for (const Workload& workload : Menu()) {
    for (const Peer& peer : AllPeers()) {
      if (TakesPart(workload, peer.name)) pairs.emplace_back(&workload, &peer);
    }
  }
  return pairs;
}

std::string PairName(const testing::TestParamInfo<Pair>& pair) {
  const auto [workload, peer] = pair.param;
  return absl::StrReplaceAll(absl::StrCat(workload->name, "_", peer->name),
                             {{"-", "_"}});
}

INSTANTIATE_TEST_SUITE_P(Each, WorkloadTest, testing::ValuesIn(AllPairs()),
                         PairName);

TEST_F(MeasuringTest, TheFileIsAsLongAsBefore) {
  measurement_.workload = "queue";
  measurement_.peer = "aioemul";
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(file_->Stat()->st_size, kFileBytes);
}

// Direct I/O takes no such blocks; a file system that has none refuses, too.
TEST_F(MeasuringTest, DirectTransfersAreDirect) {
  measurement_.peer = "sync";
  measurement_.block_bytes = 100;
  measurement_.workload = "random-read-cached";
  EXPECT_TRUE(Run().ok());
  measurement_.workload = "random-read-direct";
  EXPECT_FALSE(Run().ok());
}

TEST_F(MeasuringTest, AnErrorOfTheMeasurementArrives) {
  measurement_.workload = "random-read-cached";
  measurement_.peer = "sync";
  measurement_.file = scratch_ / "none";
  EXPECT_TRUE(
      absl::StrContains(Run().status().message(), "No such file or directory"));
}

TEST_F(MeasuringTest, APeerThatTakesNoPartIsRefused) {
  measurement_.workload = "queue";
  measurement_.peer = "sync";
  EXPECT_TRUE(absl::StrContains(Run().status().message(), "not for this peer"));
}

TEST_F(MeasuringTest, AProcessThatIsKilledIsTold) {
  options_.wrapper = {"sh", "-c", "kill -9 $$"};
  EXPECT_EQ(Run().status().message(), "its process was ended by signal 9");
}

TEST_F(MeasuringTest, AProcessWithoutAResultIsTold) {
  options_.wrapper = {"sh", "-c", "exit 0"};
  EXPECT_EQ(Run().status().message(), "its process ended without a result");
}

TEST_F(MeasuringTest, AWrapperThatIsNotInstalledIsNotFound) {
  options_.wrapper = {"no-such-program"};
  EXPECT_TRUE(absl::IsNotFound(Run().status()));
}

TEST_F(MeasuringTest, TheEnvironmentReachesTheProcess) {
  ASSERT_EQ(setenv("BENCH_TEST", "before", 1), 0);
  options_.environment = {"BENCH_TEST=after"};
  // Leaves a result when the value is right.
  options_.wrapper = {"sh", "-c", "test $BENCH_TEST = after && exec \"$@\"",
                      "sh"};
  measurement_.workload = "error";
  measurement_.peer = "aioemul";
  EXPECT_TRUE(Run().ok());
  options_.environment.clear();
  EXPECT_FALSE(Run().ok());
}

TEST_F(MeasuringTest, WhatStallsIsEndedAfterItsTime) {
  // A shell that waits for one that it has started: both must go, else their
  // end of the pipe would stay open.
  options_.wrapper = {"sh", "-c", "sleep 100000 <&8 & wait", "sh"};
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(dup2(ends[0], 8), 8);
  options_.longest_seconds = 0.05;
  EXPECT_TRUE(absl::IsDeadlineExceeded(Run().status()));
  // Nobody is left who could read.
  close(ends[0]);
  close(8);
  signal(SIGPIPE, SIG_IGN);
  while (write(ends[1], "", 1) == 1) {
    // The shell's child has been killed, and ends when it is scheduled.
  }
  EXPECT_EQ(errno, EPIPE);
  close(ends[1]);
}

}  // namespace
}  // namespace aioemul::tools::bench

int main(int argc, char** argv) {
  if (argc == 3 && strcmp(argv[1], "bench") == 0) {
    aioemul::tools::bench::MeasureAndExit(argv[2]);
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
