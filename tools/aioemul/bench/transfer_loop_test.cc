// The loop over transfers of a fake peer, which tells what it was asked for and
// can be wrong.

#include "tools/aioemul/bench/transfer_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "tools/aioemul/bench/counted_part.h"
#include "tools/aioemul/bench/peer.h"
#include "tools/aioemul/bench/transfers.h"
#include "tools/aioemul/file.h"
#include "tools/aioemul/testing/scratch_directory.h"

namespace aioemul::tools::bench {
namespace {

constexpr size_t kBlock = 512;
constexpr int64_t kBlocks = 8;

// What the fake was asked for, and how it is wrong.
struct Story {
  std::vector<int64_t> blocks;
  size_t under_way = 0;
  size_t most_under_way = 0;
  bool idle = false;  // It moves nothing.
  ssize_t result = kBlock;
  int wrong_from = -1;  // From which transfer on `result` is told; -1: never.
};

Story* story = nullptr;

// Finishes all at once, in the order of submission.
class FakeTransfers : public Transfers {
 public:
  explicit FakeTransfers(const TransferSetting& setting) : setting_(setting) {}

  absl::Status Submit(size_t slot) override {
    const int number = static_cast<int>(story->blocks.size());
    Slot& own = setting_.slots[slot];
    story->blocks.push_back(own.offset / static_cast<int64_t>(kBlock));
    story->most_under_way = std::max(story->most_under_way, ++story->under_way);
    own.result = kBlock;
    if (!story->idle) {
      own.result = setting_.write
                       ? pwrite(setting_.fd, own.buffer, kBlock, own.offset)
                       : pread(setting_.fd, own.buffer, kBlock, own.offset);
    }
    if (story->wrong_from >= 0 && number >= story->wrong_from) {
      own.result = story->result;
    }
    submitted_.push_back(slot);
    return absl::OkStatus();
  }

  absl::Status Collect(std::vector<size_t>* finished) override {
    *finished = submitted_;
    story->under_way -= submitted_.size();
    submitted_.clear();
    return absl::OkStatus();
  }

 private:
  const TransferSetting setting_;
  std::vector<size_t> submitted_;
};

constexpr Peer kFake = {"fake", nullptr, nullptr,
                        [](const TransferSetting& setting)
                            -> absl::StatusOr<std::unique_ptr<Transfers>> {
                          return std::make_unique<FakeTransfers>(setting);
                        },
                        nullptr};

class TransferLoopTest : public testing::Test {
 protected:
  TransferLoopTest() {
    story = &story_;
    scratch_.Write("file", RandomContent(kBlock * kBlocks));
    plan_.fd = file_.fd();
    plan_.block_bytes = kBlock;
    plan_.blocks = kBlocks;
    plan_.depth = 2;
  }

  // Exactly so many transfers.
  static Limit Operations(int64_t count) { return Limit(0, count); }

  ScratchDirectory scratch_;
  Story story_;
  File file_{
      open((scratch_ / "file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600),
      "file"};
  TransferPlan plan_;
};

TEST_F(TransferLoopTest, VerifiesThatBlocksWereRead) {
  TransferLoop loop(plan_);
  ASSERT_EQ(loop.Open(kFake), absl::OkStatus());
  EXPECT_EQ(loop.Verify(), absl::OkStatus());
  EXPECT_EQ(story_.blocks, (std::vector<int64_t>{0, 4}));
}

TEST_F(TransferLoopTest, VerifiesThatBlocksWereWritten) {
  const std::string before = scratch_.Read("file");
  plan_.write = true;
  TransferLoop loop(plan_);
  ASSERT_EQ(loop.Open(kFake), absl::OkStatus());
  EXPECT_EQ(loop.Verify(), absl::OkStatus());
  EXPECT_NE(scratch_.Read("file"), before);
}

TEST_F(TransferLoopTest, FindsAPeerThatReadsNothing) {
  story_.idle = true;
  TransferLoop loop(plan_);
  ASSERT_EQ(loop.Open(kFake), absl::OkStatus());
  EXPECT_TRUE(absl::IsDataLoss(loop.Verify()));
}

TEST_F(TransferLoopTest, FindsAPeerThatWritesNothing) {
  story_.idle = true;
  plan_.write = true;
  TransferLoop loop(plan_);
  ASSERT_EQ(loop.Open(kFake), absl::OkStatus());
  EXPECT_TRUE(absl::IsDataLoss(loop.Verify()));
}

// It would pass for one that has written if both wrote the same.
TEST_F(TransferLoopTest, FindsAPeerThatWritesNothingAfterOneThatWrote) {
  plan_.write = true;
  TransferLoop loop(plan_);
  ASSERT_EQ(loop.Open(kFake), absl::OkStatus());
  ASSERT_EQ(loop.Verify(), absl::OkStatus());
  story_.idle = true;
  TransferLoop other(plan_);
  ASSERT_EQ(other.Open(kFake), absl::OkStatus());
  EXPECT_TRUE(absl::IsDataLoss(other.Verify()));
}

TEST_F(TransferLoopTest, FindsAShortTransfer) {
  story_.wrong_from = 5;
  story_.result = kBlock - 1;
  TransferLoop loop(plan_);
  ASSERT_EQ(loop.Open(kFake), absl::OkStatus());
  const absl::Status status = loop.Run(Operations(100));
  EXPECT_TRUE(absl::StrContains(status.message(), "came to 511")) << status;
}

TEST_F(TransferLoopTest, FindsAFailedTransfer) {
  story_.wrong_from = 5;
  story_.result = -EIO;
  plan_.write = true;
  TransferLoop loop(plan_);
  ASSERT_EQ(loop.Open(kFake), absl::OkStatus());
  const absl::Status status = loop.Run(Operations(100));
  EXPECT_TRUE(absl::StartsWith(status.message(), "a write of 512 bytes"));
  EXPECT_TRUE(absl::StrContains(status.message(), "Input/output error"))
      << status;
}

TEST_F(TransferLoopTest, CarriesOutAsManyAsItIsTold) {
  TransferLoop loop(plan_);
  ASSERT_EQ(loop.Open(kFake), absl::OkStatus());
  for (int64_t count : {1, 2, 3, 100}) {
    loop.ResetCounts();
    story_.blocks.clear();
    ASSERT_EQ(loop.Run(Operations(count)), absl::OkStatus());
    EXPECT_EQ(loop.operations(), count);
    EXPECT_EQ(static_cast<int64_t>(story_.blocks.size()), count);
    EXPECT_EQ(story_.under_way, 0U);
  }
}

TEST_F(TransferLoopTest, KeepsAsManyUnderWayAsItMay) {
  plan_.depth = 5;
  TransferLoop loop(plan_);
  ASSERT_EQ(loop.Open(kFake), absl::OkStatus());
  ASSERT_EQ(loop.Run(Operations(100)), absl::OkStatus());
  EXPECT_EQ(story_.most_under_way, 5U);
}

TEST_F(TransferLoopTest, EndsWhenTheTimeIsOver) {
  TransferLoop loop(plan_);
  ASSERT_EQ(loop.Open(kFake), absl::OkStatus());
  ASSERT_EQ(loop.Run(Limit(0, 0)), absl::OkStatus());
  // The first that is looked at is late already.
  EXPECT_EQ(loop.operations(), 2);
}

TEST_F(TransferLoopTest, InSequenceTakesOneBlockAfterTheOtherAndBeginsAgain) {
  TransferLoop loop(plan_);
  ASSERT_EQ(loop.Open(kFake), absl::OkStatus());
  ASSERT_EQ(loop.Run(Operations(10)), absl::OkStatus());
  EXPECT_EQ(story_.blocks,
            (std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 0, 1}));
}

TEST_F(TransferLoopTest, AtRandomTakesTheSameBlocksForTheSameSeed) {
  plan_.random = true;
  std::vector<std::vector<int64_t>> all;
  for (uint64_t seed : {1, 1, 2}) {
    plan_.seed = seed;
    story_.blocks.clear();
    TransferLoop loop(plan_);
    ASSERT_EQ(loop.Open(kFake), absl::OkStatus());
    ASSERT_EQ(loop.Run(Operations(100)), absl::OkStatus());
    all.push_back(story_.blocks);
  }
  EXPECT_EQ(all[0], all[1]);
  EXPECT_NE(all[0], all[2]);
  // Every block comes, and none that is not there.
  std::sort(all[0].begin(), all[0].end());
  all[0].erase(std::unique(all[0].begin(), all[0].end()), all[0].end());
  EXPECT_EQ(all[0], (std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6, 7}));
}

TEST_F(TransferLoopTest, TakesTheLatencyOfEachSoManieth) {
  plan_.sample = 16;
  TransferLoop loop(plan_);
  ASSERT_EQ(loop.Open(kFake), absl::OkStatus());
  ASSERT_EQ(loop.Run(Operations(33)), absl::OkStatus());
  EXPECT_EQ(loop.latencies().count(), 3);
  loop.ResetCounts();
  EXPECT_EQ(loop.latencies().count(), 0);
}

}  // namespace
}  // namespace aioemul::tools::bench
