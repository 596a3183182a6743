// Idle workers that look before they sleep, and those that look for their next
// task anyway: see worker_pool.h; contract J3.

#include <pthread.h>

#include <vector>

#include "emul/descriptor_queue.h"
#include "emul/worker_pool.h"
#include "gtest/gtest.h"
#include "tests/unit/pool_fixture.h"

namespace aioemul {
namespace {

using Recruiting = WorkerPool::Recruiting;

// So long that only the test ends a spin, by moving the clock.
constexpr MonotonicTime kSpinLimit = kNever / 16;
constexpr MonotonicTime kLongerThanSpinLimit = kNever / 8;

class WorkerPoolSpinTest : public PoolFixture {
 protected:
  // Makes one of `workers` workers idle and work again, so that spinning pays,
  // and keeps all of them busy; with one piece of work more than workers.
  void MakeBusyPool(size_t workers) {
    MakePool(static_cast<int>(workers), kForever, kSpinLimit);
    Occupy(workers);
    work_.Release(1);
    platform_.AwaitSleeps(1);
    AnnounceNew();
    work_.AwaitBegun(workers + 1);
    ASSERT_EQ(platform_.wakes(), 1) << "the first wait is a sleep";
  }
};

TEST_F(WorkerPoolSpinTest, SpinnerIsCalledWithoutAWakeUp) {
  MakeBusyPool(1);
  for (size_t i = 3; i <= 6; ++i) {
    work_.Release(1);
    platform_.AwaitSpinning();
    AnnounceNew();
    work_.AwaitBegun(i);
  }
  EXPECT_EQ(platform_.wakes(), 1);
  EXPECT_EQ(platform_.AwaitSleeps(1).size(), 1U) << "nobody slept again";
  EXPECT_EQ(platform_.starts(), 1);
  work_.Release(1);
}

// The other became idle later, and is asleep.
TEST_F(WorkerPoolSpinTest, SpinnerIsPreferredAndAlone) {
  MakeBusyPool(2);
  work_.Release(1);
  platform_.AwaitSpinning();
  work_.Release(1);
  EXPECT_EQ(platform_.AwaitSleeps(2).size(), 2U);
  AnnounceNew();
  work_.AwaitBegun(4);
  EXPECT_EQ(platform_.wakes(), 1) << "the one asleep was woken";
  // And then the one that sleeps is.
  AnnounceNew();
  work_.AwaitBegun(5);
  EXPECT_EQ(platform_.wakes(), 2);
  EXPECT_EQ(platform_.starts(), 2);
  work_.Release(2);
}

TEST_F(WorkerPoolSpinTest, NobodySpinsAfterALongWait) {
  MakeBusyPool(1);
  work_.Release(1);
  platform_.AwaitSpinning();
  platform_.Advance(kLongerThanSpinLimit);
  platform_.AwaitSleeps(2);
  const int looks = platform_.looks();
  AnnounceNew();
  work_.AwaitBegun(3);
  EXPECT_EQ(platform_.wakes(), 2);
  work_.Release(1);
  platform_.AwaitSleeps(3);
  EXPECT_EQ(platform_.looks(), looks);
  // This wait is a short one, so it pays again, after a pause.
  AnnounceNew();
  work_.AwaitBegun(4);
  work_.Release(1);
  platform_.AwaitSleeps(4);
  AnnounceNew();
  work_.AwaitBegun(5);
  work_.Release(1);
  platform_.AwaitSpinning();
}

TEST_F(WorkerPoolSpinTest, WhoGaveUpAndSleepsIsNoSpinner) {
  MakeBusyPool(3);
  work_.Release(1);
  platform_.AwaitSpinning();
  platform_.Advance(kLongerThanSpinLimit);
  platform_.AwaitSleeps(2);
  // The second pauses after that look in vain; the third may spin, and is
  // preferred to those asleep.
  work_.Release(1);
  platform_.AwaitSleeps(3);
  work_.Release(1);
  platform_.AwaitSpinning();
  AnnounceNew();
  work_.AwaitBegun(5);
  EXPECT_EQ(platform_.wakes(), 1);
  work_.Release(1);
}

TEST_F(WorkerPoolSpinTest, NobodySpinsWithoutALimit) {
  Occupy(1);
  for (size_t i = 2; i <= 5; ++i) {
    work_.Release(1);
    platform_.AwaitSleeps(i - 1);
    AnnounceNew();
    work_.AwaitBegun(i);
  }
  EXPECT_EQ(platform_.looks(), 0);
  EXPECT_EQ(platform_.wakes(), 4);
  work_.Release(1);
}

TEST_F(WorkerPoolSpinTest, SpinnerTakesNoticeOfAChange) {
  MakeBusyPool(1);
  work_.Release(1);
  platform_.AwaitSpinning();
  platform_.Advance(kLongerThanSpinLimit);
  platform_.AwaitSleeps(2);
  // With no idle time left it goes.
  pool_->Configure(1, 0);
  AwaitThreadCount(0);
  EXPECT_EQ(platform_.starts(), 1);
}

TEST_F(WorkerPoolSpinTest, SpinnerDoesNotHoldUpTheEnd) {
  MakeBusyPool(1);
  work_.Release(1);
  platform_.AwaitSpinning();
  pool_.reset();
  EXPECT_EQ(platform_.pieces_in_use(), 0);
}

// --- Announcements by a worker that looks for its next task

TEST_F(WorkerPoolSpinTest, AnnouncementWithoutRecruitingCallsNobody) {
  MakePool(3);
  Occupy(2);
  work_.Release(1);
  platform_.AwaitSleeps(1);
  const WorkerPool::Wakeup wakeup =
      pool_->Announce(&NewPlace(), kDefaultLevel, Recruiting::kNo);
  EXPECT_EQ(wakeup.worker, nullptr);
  EXPECT_FALSE(wakeup.start_thread);
  // Who is done finds it, and has nobody to call for.
  work_.Release(1);
  EXPECT_EQ(work_.AwaitBegun(3).size(), 3U);
  EXPECT_EQ(platform_.wakes(), 0);
  EXPECT_EQ(platform_.starts(), 2);
  work_.Release(1);
}

TEST_F(WorkerPoolSpinTest, WhatWasLeftToAWorkerIsFoundByWhoeverIsCalled) {
  MakePool(2);
  Occupy(2);
  work_.Release(1);
  platform_.AwaitSleeps(1);
  RingPlace& left = NewPlace();
  pool_->Deliver(pool_->Announce(&left, kDefaultLevel, Recruiting::kNo));
  RingPlace& called_for = AnnounceNew();
  work_.AwaitBegun(3);
  work_.Release(1);
  work_.AwaitBegun(4);
  EXPECT_EQ(Served(2).size(), 2U);
  EXPECT_EQ(Served(2)[0], &left.queue);
  EXPECT_EQ(Served(2)[1], &called_for.queue);
  work_.Release(2);
}

}  // namespace
}  // namespace aioemul
