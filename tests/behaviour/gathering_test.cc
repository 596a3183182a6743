// While enough transfers of a descriptor are under way its neighbouring
// requests gather into runs, which no one sees to before one ends or one is
// full (contract B1, B3, B5, E1, E2).

#include <aio.h>
#include <fcntl.h>

#include <cerrno>
#include <deque>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

using Kind = TransferCall::Kind;

constexpr size_t kSize = 4;  // of each request
constexpr off_t kFar = 1000;
// So many transfers are enough.
constexpr size_t kEnough = 4;

// Workers are started by who submits, unless the request is to gather: the
// number of threads tells at once.
class GatheringTest : public EngineTest {
 protected:
  GatheringTest() { options.merge_bytes.value = 3 * kSize; }
  ~GatheringTest() override {
    platform.ReleaseAll();
    for (aiocb& block : blocks_) {
      if (ErrorOf(block) != ECANCELED) {
        EXPECT_EQ(Await(block).error, 0);
      }
    }
  }

  aiocb& Write(off_t offset, int delta = 0) {
    aiocb& block = blocks_.emplace_back(WriteBlock(file_.fd(), "text", offset));
    block.aio_reqprio = delta;
    EXPECT_EQ(engine().Write(&block), 0);
    return block;
  }
  // Has `count` transfers under way, none the neighbour of another, and the
  // last one before offset 0.
  void HoldStrangers(size_t count) {
    platform.HoldTransfers();
    for (size_t i = 1; i <= count; ++i) {
      Write(i < count ? kFar * static_cast<off_t>(i) : kFar / 2);
      platform.AwaitHeld(i);
    }
  }
  // The neighbour number `i` of the last of these.
  aiocb& WriteNext(off_t i, int delta = 0) {
    return Write(kFar / 2 + static_cast<off_t>(kSize) * i, delta);
  }
  // The latest of `count` transfers held.
  TransferCall Latest(size_t count) { return platform.AwaitHeld(count).back(); }
  size_t workers() { return static_cast<size_t>(engine().thread_count()); }

  // Every write is held, and none is quick.
  const TempFile file_{"", O_DSYNC};
  std::deque<aiocb> blocks_;
};

TEST_F(GatheringTest, NeighboursGatherWhileEnoughIsUnderWay) {
  HoldStrangers(kEnough);
  WriteNext(1);
  WriteNext(2);
  EXPECT_EQ(workers(), kEnough);
  // The end of any transfer ends that.
  platform.ReleaseHeld(1);
  const TransferCall call = Latest(kEnough);
  EXPECT_EQ(call.kind, Kind::kWriteVectorAt);
  EXPECT_EQ(call.offset, kFar / 2 + static_cast<off_t>(kSize));
  EXPECT_EQ(call.count, 2 * kSize);
  EXPECT_EQ(workers(), kEnough);
}

TEST_F(GatheringTest, NothingIsHeldUpBelowThat) {
  HoldStrangers(kEnough - 1);
  WriteNext(1);
  EXPECT_EQ(Latest(kEnough).kind, Kind::kWriteAt);
  EXPECT_EQ(workers(), kEnough);
}

TEST_F(GatheringTest, NothingIsHeldUpOnceThoseHaveEnded) {
  HoldStrangers(kEnough);
  platform.ReleaseAll();
  for (aiocb& block : blocks_) EXPECT_EQ(Await(block), Success(kSize));
  blocks_.clear();
  aiocb next = WriteBlock(file_.fd(), "text", kFar / 2 + kSize);
  ASSERT_EQ(engine().Write(&next), 0);
  EXPECT_EQ(Await(next), Success(kSize));
}

TEST_F(GatheringTest, AFullRunIsCarriedOutAtOnce) {
  HoldStrangers(kEnough);
  WriteNext(1);
  WriteNext(2);
  WriteNext(3);
  EXPECT_EQ(Latest(kEnough + 1).count, 3 * kSize);
  // And the next begins to gather.
  WriteNext(4);
  EXPECT_EQ(workers(), kEnough + 1);
  WriteNext(5);
  WriteNext(6);
  const TransferCall call = Latest(kEnough + 2);
  EXPECT_EQ(call.offset, kFar / 2 + static_cast<off_t>(4 * kSize));
  EXPECT_EQ(call.count, 3 * kSize);
}

TEST_F(GatheringTest, ARunOfAsManyAsASystemTakesIsFull) {
  constexpr off_t kMost = 64;
  options.merge_bytes.value = 1'000'000;
  HoldStrangers(kEnough);
  for (off_t i = 1; i < kMost; ++i) WriteNext(i);
  EXPECT_EQ(workers(), kEnough);
  WriteNext(kMost);
  EXPECT_EQ(Latest(kEnough + 1).count, kMost * kSize);
}

TEST_F(GatheringTest, WhatWasTakenIsNoPartOfTheNextRun) {
  HoldStrangers(kEnough);
  WriteNext(1);
  WriteNext(2);
  platform.ReleaseHeld(1);
  EXPECT_EQ(Latest(kEnough).count, 2 * kSize);
  WriteNext(3);
  WriteNext(4);
  EXPECT_EQ(workers(), kEnough);
  WriteNext(5);
  EXPECT_EQ(Latest(kEnough + 1).count, 3 * kSize);
}

// B1: after what has gathered before it.
TEST_F(GatheringTest, AStrangerIsStartedAtOnce) {
  HoldStrangers(kEnough);
  WriteNext(1);
  EXPECT_EQ(workers(), kEnough);
  Write(0);
  const auto calls = platform.AwaitHeld(kEnough + 2);
  const TransferCall& one = calls[kEnough];
  const TransferCall& other = calls[kEnough + 1];
  EXPECT_EQ(one.offset + other.offset, kFar / 2 + static_cast<off_t>(kSize));
}

// B1
TEST_F(GatheringTest, AnUrgentRequestPassesWhatGathers) {
  options.threads.value = static_cast<int>(kEnough) + 1;
  platform.HoldTransfers();
  for (size_t i = 1; i <= kEnough; ++i) {
    Write(i < kEnough ? kFar * static_cast<off_t>(i) : kFar / 2, /*delta=*/5);
    platform.AwaitHeld(i);
  }
  WriteNext(1, /*delta=*/5);
  EXPECT_EQ(workers(), kEnough);
  WriteNext(2, /*delta=*/0);
  EXPECT_EQ(Latest(kEnough + 1).offset,
            kFar / 2 + static_cast<off_t>(2 * kSize));
}

TEST_F(GatheringTest, ANeighbourOfAnotherLevelDoesNotGather) {
  HoldStrangers(kEnough);
  WriteNext(1, /*delta=*/1);
  EXPECT_EQ(Latest(kEnough + 1).kind, Kind::kWriteAt);
}

TEST_F(GatheringTest, ANeighbourInTheOtherDirectionDoesNotGather) {
  HoldStrangers(kEnough);
  std::string buffer(kSize, '.');
  aiocb read = ReadBlock(file_.fd(), buffer, kFar / 2 + kSize);
  ASSERT_EQ(engine().Read(&read), 0);
  EXPECT_EQ(Latest(kEnough + 1).kind, Kind::kReadAt);
  platform.ReleaseAll();
  EXPECT_EQ(Await(read).error, 0);
}

// E1
TEST_F(GatheringTest, WhatGathersIsCancelledAndTheRestGoesOn) {
  HoldStrangers(kEnough);
  aiocb& cancelled = WriteNext(1);
  aiocb& next = WriteNext(2);
  EXPECT_EQ(engine().Cancel(file_.fd(), &cancelled), AIO_CANCELED);
  EXPECT_EQ(ErrorOf(cancelled), ECANCELED);
  EXPECT_EQ(ErrorOf(next), EINPROGRESS);
  platform.ReleaseHeld(1);
  EXPECT_EQ(Take(cancelled), Failure(ECANCELED));
  platform.ReleaseAll();
  EXPECT_EQ(Await(next), Success(kSize));
  blocks_.pop_back();
  blocks_.pop_back();
}

// E2
TEST_F(GatheringTest, AllThatGathersIsCancelled) {
  HoldStrangers(kEnough);
  aiocb& first = WriteNext(1);
  aiocb& second = WriteNext(2);
  EXPECT_EQ(engine().Cancel(file_.fd(), nullptr), AIO_NOTCANCELED);
  EXPECT_EQ(ErrorOf(first), ECANCELED);
  EXPECT_EQ(ErrorOf(second), ECANCELED);
  platform.ReleaseAll();
}

// B5
TEST_F(GatheringTest, ABarrierWaitsForWhatGathers) {
  HoldStrangers(kEnough);
  WriteNext(1);
  aiocb& sync = blocks_.emplace_back(SyncBlock(file_.fd()));
  ASSERT_EQ(engine().Sync(O_SYNC, &sync), 0);
  platform.ReleaseHeld(kEnough);
  EXPECT_EQ(Latest(1).kind, Kind::kWriteAt);
  EXPECT_EQ(ErrorOf(sync), EINPROGRESS);
  platform.ReleaseHeld(1);
  EXPECT_EQ(Latest(1).kind, Kind::kSync);
}

TEST_F(GatheringTest, NothingGathersWhenThatIsOff) {
  options.merge_bytes.value = 0;
  HoldStrangers(kEnough);
  for (off_t i = 1; i <= 3; ++i) {
    WriteNext(i);
    EXPECT_EQ(Latest(kEnough + static_cast<size_t>(i)).kind, Kind::kWriteAt);
  }
}

}  // namespace
}  // namespace aioemul::testing
