// aio_suspend as a cancellation point (contract D4, H4).

#include <aio.h>
#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

// Counts how often it is destroyed.
class DestructionCounter {
 public:
  explicit DestructionCounter(int& count) : count_(count) {}
  ~DestructionCounter() { ++count_; }
  DestructionCounter(const DestructionCounter&) = delete;
  DestructionCounter& operator=(const DestructionCounter&) = delete;

 private:
  int& count_;
};

class SuspendCancellationTest : public EngineTest {
 protected:
  void HoldARead() {
    platform.HoldTransfers();
    ASSERT_EQ(engine().Read(&block_), 0);
  }

  // Suspends on a thread that is cancelled, and counts what was cleaned up.
  void SuspendOnThread() {
    pthread_t thread;
    ASSERT_EQ(pthread_create(&thread, nullptr, &Run, this), 0);
    if (cancel_when_asleep_) platform.AwaitSuspended(1);
    pthread_cancel(thread);
    cancelled_ = true;
    ASSERT_EQ(pthread_join(thread, &thread_result_), 0);
    platform.AwaitSuspended(0);
  }

  static void* Run(void* argument) {
    auto* test = static_cast<SuspendCancellationTest*>(argument);
    // No cancellation point.
    while (!test->cancel_when_asleep_ && !test->cancelled_) sched_yield();
    pthread_cleanup_push(&CountHandler, &test->handlers_);
    const DestructionCounter counter(test->destructions_);
    const aiocb* const list[] = {&test->block_};
    test->engine().Suspend(list, 1, test->timeout_);
    test->returned_ = true;
    pthread_cleanup_pop(0);
    return nullptr;
  }
  static void CountHandler(void* handlers) { ++*static_cast<int*>(handlers); }

  void ExpectCleanCancellation() {
    EXPECT_EQ(thread_result_, PTHREAD_CANCELED);
    EXPECT_EQ(handlers_, 1);
    EXPECT_EQ(destructions_, 1);
    EXPECT_FALSE(returned_);
  }

  const TempFile file_{"hello world"};
  std::string buffer_ = "12345";
  aiocb block_ = ReadBlock(file_.fd(), buffer_);
  const timespec* timeout_ = nullptr;
  bool cancel_when_asleep_ = true;
  std::atomic<bool> cancelled_{false};
  void* thread_result_ = nullptr;
  int handlers_ = 0;
  int destructions_ = 0;
  bool returned_ = false;
};

TEST_F(SuspendCancellationTest, UnwindsASleepingThread) {
  HoldARead();
  SuspendOnThread();
  ExpectCleanCancellation();
  platform.ReleaseAll();
  EXPECT_EQ(Await(block_), Success(5));
}

TEST_F(SuspendCancellationTest, UnwindsOutOfATimedWait) {
  constexpr timespec kLong = {3600, 0};
  timeout_ = &kLong;
  HoldARead();
  SuspendOnThread();
  ExpectCleanCancellation();
  platform.ReleaseAll();
  EXPECT_EQ(Await(block_), Success(5));
}

// A cancellation point also for a thread that need not wait.
TEST_F(SuspendCancellationTest, ActsOnAPendingCancellation) {
  cancel_when_asleep_ = false;
  SuspendOnThread();
  ExpectCleanCancellation();
}

// More threads than there are places to wait at: each gives its place back, so
// that two that wait later can still be told apart (D5).
TEST_F(SuspendCancellationTest, LeavesNothingBehind) {
  HoldARead();
  for (int round = 0; round < 100; ++round) {
    handlers_ = 0;
    destructions_ = 0;
    SuspendOnThread();
    ExpectCleanCancellation();
  }

  platform.AwaitHeld(1);
  aiocb other = WriteBlock(file_.fd(), "hello");
  other.aio_sigevent = SignalEvent(SIGUSR1);
  platform.CaptureSignals(/*limit=*/1);
  ASSERT_EQ(engine().Write(&other), 0);
  platform.AwaitHeld(2);
  const auto wait = [&](const aiocb* block) {
    EXPECT_EQ(engine().Suspend(&block, 1, nullptr), 0);
  };
  std::thread first(wait, &block_);
  std::thread second(wait, &other);
  platform.AwaitSuspended(2);
  const int before = platform.suspended_wakes();
  platform.ReleaseHeld(1);
  first.join();
  platform.ReleaseAll();
  second.join();
  platform.AwaitSignals(1);
  EXPECT_LE(platform.suspended_wakes(), before + 2);
  EXPECT_EQ(Take(block_), Success(5));
  EXPECT_EQ(Take(other), Success(5));
}

}  // namespace
}  // namespace aioemul::testing
