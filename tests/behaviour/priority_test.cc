// Which waiting request is started next (contract B1, B2, B3).

#include <aio.h>

#include <memory>
#include <vector>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

// Submits reads while one worker is held at an earlier one, and looks at the
// order in which they are started.  A request is known by its offset.
class PriorityTest : public EngineTest {
 protected:
  PriorityTest() { options.threads.value = 1; }

  void OccupyTheWorker() {
    platform.HoldTransfers();
    Submit(gate_.fd(), 0, 0);
    platform.AwaitHeld(1);
  }

  void Submit(int fd, off_t offset, int delta) {
    // Of no bytes, so that any number may run at once.
    blocks_.push_back(
        std::make_unique<aiocb>(ReadBlock(fd, nullptr, 0, offset)));
    blocks_.back()->aio_reqprio = delta;
    ASSERT_EQ(engine().Read(blocks_.back().get()), 0);
  }

  // The transfers after the first, in the order of their start.
  std::vector<TransferCall> ReleaseAndRecord() {
    platform.ReleaseAll();
    for (auto& block : blocks_) EXPECT_EQ(Await(*block).error, 0);
    std::vector<TransferCall> calls = platform.transfers();
    calls.erase(calls.begin());
    return calls;
  }

  std::vector<off_t> OffsetsInOrder() {
    std::vector<off_t> offsets;
    for (const TransferCall& call : ReleaseAndRecord()) {
      offsets.push_back(call.offset);
    }
    return offsets;
  }

  const TempFile gate_;
  const TempFile file_;
  const TempFile other_;
  std::vector<std::unique_ptr<aiocb>> blocks_;
};

// B1
TEST_F(PriorityTest, EqualPrioritiesStartInCallOrder) {
  OccupyTheWorker();
  for (off_t i = 0; i < 100; ++i) Submit(file_.fd(), i, 0);
  std::vector<off_t> expected;
  for (off_t i = 0; i < 100; ++i) expected.push_back(i);
  EXPECT_EQ(OffsetsInOrder(), expected);
}

// B1: among those submitted first as well.
TEST_F(PriorityTest, TheHighestStartsFirst) {
  OccupyTheWorker();
  Submit(file_.fd(), 1, 20);
  Submit(file_.fd(), 2, 5);
  Submit(file_.fd(), 3, 0);
  Submit(file_.fd(), 4, 20);
  Submit(file_.fd(), 5, 5);
  Submit(file_.fd(), 6, 0);
  Submit(file_.fd(), 7, 1);
  EXPECT_EQ(OffsetsInOrder(), (std::vector<off_t>{3, 6, 7, 2, 5, 1, 4}));
}

// B1: the caller's real-time priority minus aio_reqprio.
TEST_F(PriorityTest, RealTimeCallersComeFirst) {
  OccupyTheWorker();
  platform.set_caller_priority(0);
  Submit(file_.fd(), 1, 0);
  platform.set_caller_priority(10);
  Submit(file_.fd(), 2, 0);
  Submit(file_.fd(), 3, 10);
  Submit(file_.fd(), 4, 11);
  platform.set_caller_priority(99);
  Submit(file_.fd(), 5, 20);
  platform.set_caller_priority(79);
  Submit(file_.fd(), 6, 0);
  platform.set_caller_priority(0);
  Submit(file_.fd(), 7, 0);
  EXPECT_EQ(OffsetsInOrder(), (std::vector<off_t>{5, 6, 2, 1, 3, 7, 4}));
}

// B1: across descriptors.
TEST_F(PriorityTest, TheHighestOfAllDescriptorsStartsFirst) {
  OccupyTheWorker();
  Submit(file_.fd(), 1, 3);
  Submit(other_.fd(), 2, 2);
  Submit(file_.fd(), 3, 1);
  Submit(other_.fd(), 4, 0);
  Submit(file_.fd(), 5, 2);
  EXPECT_EQ(OffsetsInOrder(), (std::vector<off_t>{4, 3, 2, 5, 1}));
}

// B1: a cancelled request of high priority leaves no trace in the order.
TEST_F(PriorityTest, TheOrderOutlivesACancellation) {
  OccupyTheWorker();
  Submit(file_.fd(), 1, 5);
  Submit(file_.fd(), 2, 0);
  Submit(other_.fd(), 3, 2);
  ASSERT_EQ(engine().Cancel(file_.fd(), blocks_[2].get()), AIO_CANCELED);
  blocks_.erase(blocks_.begin() + 2);
  EXPECT_EQ(OffsetsInOrder(), (std::vector<off_t>{3, 1}));
}

// B2
TEST_F(PriorityTest, DescriptorsTakeTurns) {
  OccupyTheWorker();
  for (off_t i = 0; i < 6; ++i) Submit(file_.fd(), 10 + i, 0);
  for (off_t i = 0; i < 3; ++i) Submit(other_.fd(), 20 + i, 0);
  EXPECT_EQ(OffsetsInOrder(),
            (std::vector<off_t>{10, 20, 11, 21, 12, 22, 13, 14, 15}));
}

// B2: one that comes late waits for one service of each other descriptor.
TEST_F(PriorityTest, ALateDescriptorIsServedAtOnce) {
  OccupyTheWorker();
  for (off_t i = 0; i < 1000; ++i) Submit(file_.fd(), i, 0);
  platform.ReleaseHeld(1);
  platform.AwaitHeld(1);
  Submit(other_.fd(), 5000, 0);
  const std::vector<off_t> offsets = OffsetsInOrder();
  EXPECT_TRUE(offsets[1] == 5000 || offsets[2] == 5000);
}

// B2: the turns are those of the same priority.
TEST_F(PriorityTest, DescriptorsTakeTurnsWithinAPriority) {
  OccupyTheWorker();
  for (off_t i = 0; i < 2; ++i) {
    Submit(file_.fd(), 10 + i, 1);
    Submit(file_.fd(), 20 + i, 4);
  }
  for (off_t i = 0; i < 2; ++i) {
    Submit(other_.fd(), 30 + i, 1);
    Submit(other_.fd(), 40 + i, 4);
  }
  EXPECT_EQ(OffsetsInOrder(),
            (std::vector<off_t>{10, 30, 11, 31, 20, 40, 21, 41}));
}

// B3
TEST_F(PriorityTest, PositionedRequestsRunInParallel) {
  constexpr size_t kRequests = 16;
  options.threads.value = kRequests;
  platform.HoldTransfers();
  aiocb writes[kRequests / 2];
  for (off_t i = 0; i < off_t{kRequests / 2}; ++i) {
    Submit(file_.fd(), i, 0);
    writes[i] = WriteBlock(file_.fd(), "x", i);
    ASSERT_EQ(engine().Write(&writes[i]), 0);
  }
  EXPECT_EQ(platform.AwaitHeld(kRequests).size(), kRequests);
  platform.ReleaseAll();
  for (aiocb& write : writes) EXPECT_EQ(Await(write), Success(1));
  for (auto& block : blocks_) EXPECT_EQ(Await(*block).error, 0);
}

}  // namespace
}  // namespace aioemul::testing
