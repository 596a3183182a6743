// Who is served next, and by whom: contract A6, B1, B2, J1, J3.

#include "emul/worker_pool.h"

#include <pthread.h>

#include <cerrno>
#include <thread>
#include <vector>

#include "emul/descriptor_queue.h"
#include "gtest/gtest.h"
#include "tests/unit/pool_fixture.h"

namespace aioemul {
namespace {

using WorkerPoolTest = PoolFixture;

// --- Threads on demand

TEST_F(WorkerPoolTest, NewPoolHasNoThread) {
  EXPECT_EQ(pool_->thread_count(), 0);
  EXPECT_EQ(platform_.starts(), 0);
}

TEST_F(WorkerPoolTest, EnsureWorkerStartsOneThreadOnce) {
  EXPECT_EQ(pool_->EnsureWorker(), 0);
  EXPECT_EQ(pool_->EnsureWorker(), 0);
  EXPECT_EQ(pool_->thread_count(), 1);
  EXPECT_EQ(platform_.starts(), 1);
}

TEST_F(WorkerPoolTest, LackOfTheFirstThreadIsReportedAndPasses) {
  platform_.AllowStarts(0);
  EXPECT_EQ(pool_->EnsureWorker(), -EAGAIN);
  EXPECT_EQ(pool_->EnsureWorker(), -EAGAIN);
  EXPECT_EQ(pool_->thread_count(), 0);
  platform_.AllowStarts(1);
  EXPECT_EQ(pool_->EnsureWorker(), 0);
  AnnounceNew();
  work_.AwaitBegun(1);
  work_.Release(1);
}

TEST_F(WorkerPoolTest, GrowsToItsLimitAndNoFurther) {
  MakePool(3);
  for (int i = 0; i < 10; ++i) AnnounceNew();
  work_.AwaitBegun(3);
  EXPECT_EQ(pool_->thread_count(), 3);
  for (size_t i = 4; i <= 10; ++i) {
    work_.Release(1);
    work_.AwaitBegun(i);
  }
  EXPECT_EQ(platform_.starts(), 3);
  work_.Release(3);
}

TEST_F(WorkerPoolTest, LackOfFurtherThreadsLeavesTheWorkToThoseThereAre) {
  MakePool(4);
  Occupy(1);
  platform_.AllowStarts(0);
  for (int i = 0; i < 3; ++i) AnnounceNew();
  EXPECT_EQ(pool_->thread_count(), 1);
  for (size_t i = 2; i <= 4; ++i) {
    work_.Release(1);
    work_.AwaitBegun(i);
  }
  // Threads can be had again, and after a while are tried for.
  platform_.AllowStarts(10);
  platform_.Advance(1'000'000'000);
  AnnounceNew();
  work_.AwaitBegun(5);
  EXPECT_EQ(pool_->thread_count(), 2);
  work_.Release(2);
}

// C3: whoever starts a thread may have to wait for what a handler's thread has.
TEST_F(WorkerPoolTest, StartingAThreadHoldsUpNobody) {
  MakePool(2);
  platform_.on_start = [&] { std::thread([&] { AnnounceNew(); }).join(); };
  AnnounceNew();
  work_.AwaitBegun(2);
  work_.Release(2);
}

// A6: neither may rely on the thread that the other is starting, nor wait for
// it.
TEST_F(WorkerPoolTest, OfTwoWhoFindNoThreadEachStartsOne) {
  platform_.on_start = [&] {
    EXPECT_EQ(pool_->EnsureWorker(), 0);
    AnnounceNew();
    work_.AwaitBegun(1);
    work_.Release(1);
    platform_.AllowStarts(0);
  };
  EXPECT_EQ(pool_->EnsureWorker(), -EAGAIN);
  EXPECT_EQ(pool_->thread_count(), 1);
  AnnounceNew();
  work_.AwaitBegun(2);
  work_.Release(1);
}

// --- Which descriptor (B1, B2)

TEST_F(WorkerPoolTest, HighestLevelIsServedFirstAndEqualOnesInTurn) {
  Occupy(1);
  DescriptorQueue* low = &AnnounceNew(3).queue;
  DescriptorQueue* first = &AnnounceNew(50).queue;
  DescriptorQueue* high = &AnnounceNew(90).queue;
  DescriptorQueue* second = &AnnounceNew(50).queue;
  for (size_t i = 2; i <= 5; ++i) {
    work_.Release(1);
    work_.AwaitBegun(i);
  }
  EXPECT_EQ(Served(1),
            (std::vector<DescriptorQueue*>{high, first, second, low}));
  EXPECT_EQ(work_.begun()[1].level, 90);
  EXPECT_EQ(work_.begun()[4].level, 3);
  work_.Release(1);
}

TEST_F(WorkerPoolTest, DescriptorThatStaysBusyDoesNotStarveItsEqual) {
  Occupy(1);
  RingPlace& busy = AnnounceNew();
  RingPlace& other = AnnounceNew();
  work_.Release(1);
  work_.AwaitBegun(2);
  Announce(busy);  // it has more
  work_.Release(1);
  work_.AwaitBegun(3);
  work_.Release(1);
  work_.AwaitBegun(4);
  EXPECT_EQ(Served(1), (std::vector<DescriptorQueue*>{&busy.queue, &other.queue,
                                                      &busy.queue}));
  work_.Release(1);
}

TEST_F(WorkerPoolTest, DescriptorMovesUpButNotDown) {
  Occupy(1);
  RingPlace& rising = AnnounceNew(10);
  RingPlace& middle = AnnounceNew(50);
  Announce(rising, 90);
  Announce(rising, 20);
  Announce(middle, 50);
  for (size_t i = 2; i <= 3; ++i) {
    work_.Release(1);
    work_.AwaitBegun(i);
  }
  EXPECT_EQ(Served(1),
            (std::vector<DescriptorQueue*>{&rising.queue, &middle.queue}));
  EXPECT_EQ(work_.begun()[1].level, 90);
  EXPECT_EQ(rising.level, kNoLevel);
  work_.Release(1);
}

// --- Waking

TEST_F(WorkerPoolTest, MostRecentlyIdleWorkerIsWokenFirst) {
  MakePool(3);
  Occupy(3);
  for (size_t i = 1; i <= 3; ++i) {
    work_.Release(1);
    platform_.AwaitSleeps(i);
  }
  // Who went to sleep last is not known, but it is the same one each time.
  AnnounceNew();
  const pthread_t last = work_.AwaitBegun(4)[3].thread;
  for (size_t i = 1; i <= 5; ++i) {
    work_.Release(1);
    platform_.AwaitSleeps(3 + i);
    AnnounceNew();
    EXPECT_NE(pthread_equal(work_.AwaitBegun(4 + i)[3 + i].thread, last), 0);
  }
  EXPECT_EQ(platform_.wakes(), 6);
  work_.Release(1);
}

TEST_F(WorkerPoolTest, NobodyIsWokenWhileSomebodyIsSearching) {
  MakePool(3);
  Occupy(3);
  work_.Release(3);
  platform_.AwaitSleeps(3);
  platform_.Hold(true);
  AnnounceNew();
  EXPECT_EQ(platform_.wakes(), 1);
  for (int i = 0; i < 5; ++i) {
    const WorkerPool::Wakeup wakeup =
        pool_->Announce(&NewPlace(), kDefaultLevel);
    EXPECT_EQ(wakeup.worker, nullptr);
    EXPECT_FALSE(wakeup.start_thread);
  }
  EXPECT_EQ(platform_.wakes(), 1);
  // The one that was woken wakes the next, and that one the third.
  platform_.Hold(false);
  work_.AwaitBegun(6);
  EXPECT_EQ(platform_.wakes(), 3);
  work_.Release(3);
  work_.AwaitBegun(9);
  work_.Release(3);
  EXPECT_EQ(platform_.starts(), 3);
}

TEST_F(WorkerPoolTest, NobodyIsStartedWhileSomebodyIsBeingStarted) {
  MakePool(8);
  const WorkerPool::Wakeup first = pool_->Announce(&NewPlace(), 5);
  EXPECT_TRUE(first.start_thread);
  const WorkerPool::Wakeup second = pool_->Announce(&NewPlace(), 5);
  EXPECT_FALSE(second.start_thread);
  pool_->Deliver(second);
  EXPECT_EQ(platform_.starts(), 0);
  pool_->Deliver(first);
  work_.AwaitBegun(2);
  work_.Release(2);
}

// --- Size (J1, J3)

TEST_F(WorkerPoolTest, LowerLimitSendsIdleWorkersAway) {
  MakePool(4);
  Occupy(4);
  work_.Release(4);
  platform_.AwaitSleeps(4);
  pool_->Configure(1, kForever);
  AwaitThreadCount(1);
  AnnounceNew();
  work_.AwaitBegun(5);
  work_.Release(1);
  EXPECT_EQ(platform_.starts(), 4);
}

TEST_F(WorkerPoolTest, LowerLimitSendsBusyWorkersAwayAfterTheirWork) {
  MakePool(4);
  Occupy(4);
  pool_->Configure(1, kForever);
  AnnounceNew();
  AnnounceNew();
  work_.Release(3);
  AwaitThreadCount(1);
  EXPECT_EQ(work_.begun().size(), 4U);
  work_.Release(1);
  work_.AwaitBegun(5);
  work_.Release(1);
  work_.AwaitBegun(6);
  work_.Release(1);
}

TEST_F(WorkerPoolTest, HigherLimitTakesEffectOnWorkThatWaits) {
  Occupy(1);
  AnnounceNew();
  AnnounceNew();
  EXPECT_EQ(pool_->thread_count(), 1);
  pool_->Configure(3, kForever);
  work_.AwaitBegun(3);
  work_.Release(3);
}

TEST_F(WorkerPoolTest, IdleWorkersExitAndComeBack) {
  MakePool(3, /*idle_time=*/0);
  for (size_t round = 1; round <= 3; ++round) {
    for (int i = 0; i < 3; ++i) AnnounceNew();
    work_.AwaitBegun(3 * round);
    EXPECT_EQ(pool_->thread_count(), 3);
    work_.Release(3);
    AwaitThreadCount(0);
  }
  EXPECT_EQ(platform_.allocations(), 3) << "records are used again";
}

TEST_F(WorkerPoolTest, ShorterIdleTimeIsForThoseWhoIdleAlready) {
  Occupy(1);
  work_.Release(1);
  platform_.AwaitSleeps(1);
  pool_->Configure(1, 0);
  AwaitThreadCount(0);
}

TEST_F(WorkerPoolTest, LastWorkerStaysWhileItIsNeeded) {
  MakePool(2, /*idle_time=*/0);
  work_.set_needs_worker(true);
  Occupy(2);
  work_.Release(2);
  // One of the two has left, and the other has asked and been told to stay.
  while (work_.asked() < 3) std::this_thread::yield();
  AnnounceNew();
  work_.AwaitBegun(3);
  EXPECT_EQ(platform_.starts(), 2);
  work_.Release(1);
  work_.set_needs_worker(false);
  AwaitThreadCount(0);
}

// --- The end

TEST_F(WorkerPoolTest, DestructionWaitsForTheWorkersToLeave) {
  for (int round = 0; round < 100; ++round) {
    MakePool(3);
    EXPECT_EQ(pool_->EnsureWorker(), 0);
    for (int i = 0; i < round % 4; ++i) AnnounceNew();
    work_.Release(round % 4);
    pool_.reset();
    // And the sanitizers see whoever is late.
    EXPECT_EQ(platform_.pieces_in_use(), 0);
  }
}

}  // namespace
}  // namespace aioemul
