// Waiting for completions: contract C3, D1, D2, D3, D4, D5.

#include "emul/waiters.h"

#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/forwarding_platform.h"
#include "tests/unit/random_source.h"

namespace aioemul {
namespace {

using Word = const std::atomic<uint32_t>*;

constexpr uint64_t kAllBits = ~uint64_t{0};

// Records who sleeps where and who is woken; asks `on_wait`, if there is one,
// for the answer in place of sleeping.
class WatchingPlatform final : public testing::ForwardingPlatform {
 public:
  int Wait(const std::atomic<uint32_t>& word, uint32_t expected,
           MonotonicTime deadline) override {
    Enter(&word);
    return on_wait
               ? on_wait()
               : testing::ForwardingPlatform::Wait(word, expected, deadline);
  }
  int WaitCancellable(const std::atomic<uint32_t>& word, uint32_t expected,
                      MonotonicTime deadline) override {
    Enter(&word);
    return testing::ForwardingPlatform::WaitCancellable(word, expected,
                                                        deadline);
  }
  void Wake(const std::atomic<uint32_t>& word) override {
    {
      const std::lock_guard lock(mutex_);
      woken_.push_back(&word);
    }
    testing::ForwardingPlatform::Wake(word);
  }

  // Waits until `count` sleeps have begun; returns the words slept on.
  std::vector<Word> AwaitSleeps(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return slept_.size() >= count; });
    return slept_;
  }
  std::vector<Word> slept() { return AwaitSleeps(0); }
  std::vector<Word> woken() {
    const std::lock_guard lock(mutex_);
    return woken_;
  }

  std::function<int()> on_wait;

 private:
  void Enter(Word word) {
    const std::lock_guard lock(mutex_);
    slept_.push_back(word);
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Word> slept_;
  std::vector<Word> woken_;
};

// Something that completes.
class Event final : public Waiters::Condition {
 public:
  bool Arm(uint64_t bit) override {
    waiting_.fetch_or(bit);
    return complete_.load();
  }
  void Disarm(uint64_t bit) override { waiting_.fetch_and(~bit); }

  void Complete(Waiters& waiters) {
    complete_ = true;
    waiters.Wake(Waiters::Take(waiting_));
  }
  void SetComplete() { complete_ = true; }
  void Reset() { complete_ = false; }
  bool complete() const { return complete_; }
  uint64_t waiting() const { return waiting_; }

 private:
  std::atomic<bool> complete_{false};
  std::atomic<uint64_t> waiting_{0};
};

// At least so many waiters at once have a cell of their own.
constexpr int kOwnedCells = 32;

// Takes that many cells, each wait within the one before, and collects their
// bits.
class Probe final : public Waiters::Condition {
 public:
  Probe(Waiters& waiters, uint64_t* bits, int depth)
      : waiters_(waiters), bits_(bits), depth_(depth) {}
  bool Arm(uint64_t bit) override {
    EXPECT_EQ(*bits_ & bit, 0U) << "a cell with two owners";
    *bits_ |= bit;
    if (depth_ > 1) {
      Probe next(waiters_, bits_, depth_ - 1);
      waiters_.Wait(next, kNever, CancellationPoint::kNo);
    }
    return true;
  }
  void Disarm(uint64_t /*bit*/) override {}

 private:
  Waiters& waiters_;
  uint64_t* bits_;
  int depth_;
};

// The cells that are handed out first when nobody waits.
uint64_t OwnedCells(Waiters& waiters) {
  uint64_t bits = 0;
  Probe probe(waiters, &bits, kOwnedCells);
  waiters.Wait(probe, kNever, CancellationPoint::kNo);
  return bits;
}

class WaitersTest : public ::testing::Test {
 protected:
  ~WaitersTest() override {
    Waiters unused(platform_);
    EXPECT_EQ(OwnedCells(waiters_), OwnedCells(unused))
        << "a cell was not given back";
  }

  int Wait(Event& event, MonotonicTime deadline = kNever,
           CancellationPoint point = CancellationPoint::kNo) {
    return waiters_.Wait(event, deadline, point);
  }
  std::thread StartWaiter(Event& event,
                          CancellationPoint point = CancellationPoint::kNo) {
    return std::thread(
        [this, &event, point] { EXPECT_EQ(Wait(event, kNever, point), 0); });
  }

  WatchingPlatform platform_;
  Waiters waiters_{platform_};
};

TEST_F(WaitersTest, WhatIsCompleteIsNotWaitedFor) {
  Event event;
  event.Complete(waiters_);
  EXPECT_EQ(Wait(event), 0);
  EXPECT_TRUE(platform_.slept().empty());
  EXPECT_EQ(event.waiting(), 0U);
}

TEST_F(WaitersTest, CompletionThatNobodyWaitsForWakesNobody) {
  Event event;
  event.Complete(waiters_);
  EXPECT_TRUE(platform_.woken().empty());
}

TEST_F(WaitersTest, CompletionWakesItsOwnWaiterAlone) {
  Event first;
  Event second;
  std::thread first_waiter = StartWaiter(first);
  const Word first_word = platform_.AwaitSleeps(1)[0];
  std::thread second_waiter = StartWaiter(second);
  const Word second_word = platform_.AwaitSleeps(2)[1];
  EXPECT_NE(first_word, second_word);

  second.Complete(waiters_);
  second_waiter.join();
  EXPECT_EQ(platform_.woken(), std::vector<Word>{second_word});
  EXPECT_EQ(platform_.slept().size(), 2U) << "the other slept on";

  first.Complete(waiters_);
  first_waiter.join();
}

TEST_F(WaitersTest, CompletionWakesAllItsWaiters) {
  constexpr size_t kWaiters = 8;
  Event event;
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kWaiters; ++i) threads.push_back(StartWaiter(event));
  platform_.AwaitSleeps(kWaiters);
  event.Complete(waiters_);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(platform_.woken().size(), kWaiters);
}

TEST_F(WaitersTest, PassedDeadlineEndsTheWaitAndLeavesNoBit) {
  Event event;
  EXPECT_EQ(Wait(event, platform_.Now()), -ETIMEDOUT);
  EXPECT_EQ(Wait(event, platform_.Now() + 1'000'000), -ETIMEDOUT);
  EXPECT_EQ(Wait(event, platform_.Now(), CancellationPoint::kYes), -ETIMEDOUT);
  EXPECT_EQ(event.waiting(), 0U);
}

TEST_F(WaitersTest, CaughtSignalEndsTheWaitAndLeavesNoBit) {
  Event event;
  platform_.on_wait = [] { return -EINTR; };
  EXPECT_EQ(Wait(event), -EINTR);
  EXPECT_EQ(event.waiting(), 0U);
}

TEST_F(WaitersTest, CompletionAtTheLastMomentCounts) {
  for (const int answer : {-EINTR, -ETIMEDOUT}) {
    Event event;
    platform_.on_wait = [&] {
      event.SetComplete();
      return answer;
    };
    EXPECT_EQ(Wait(event), 0) << answer;
  }
}

TEST_F(WaitersTest, WakeUpForNoReasonDoesNotEndTheWait) {
  Event event;
  int sleeps = 0;
  platform_.on_wait = [&] {
    if (++sleeps == 10) event.Complete(waiters_);
    return 0;
  };
  EXPECT_EQ(Wait(event), 0);
  EXPECT_EQ(sleeps, 10);
}

// A bit that somebody left behind costs a look, not a wrong answer.
TEST_F(WaitersTest, CellWokenForAFormerOwnerIsWaitedInOn) {
  Event event;
  std::thread waiter = StartWaiter(event);
  platform_.AwaitSleeps(1);
  std::atomic<uint64_t> stale{kAllBits};
  waiters_.Wake(Waiters::Take(stale));
  EXPECT_EQ(stale, 0U);
  platform_.AwaitSleeps(2);
  EXPECT_FALSE(event.complete());
  event.Complete(waiters_);
  waiter.join();
}

// More than there are cells: those who share one are woken for each other, and
// each still waits for its own.
TEST_F(WaitersTest, TwoHundredThreadsWaitAtOnce) {
  constexpr size_t kThreads = 200;
  const auto events = std::make_unique<Event[]>(kThreads);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([this, event = &events[i]] {
      EXPECT_EQ(Wait(*event), 0);
      EXPECT_TRUE(event->complete());
    });
  }
  platform_.AwaitSleeps(kThreads);
  for (size_t i = 0; i < kThreads; ++i) {
    events[i].Complete(waiters_);
    threads[i].join();
  }
}

// --- Cancellation

// A thread that waits, with something to clean up in C's manner and C++'s.
struct CancelledWait {
  std::function<int()> wait;
  std::atomic<int> handlers{0};
  std::atomic<int> destructors{0};
  std::atomic<int> result{1};

  static void Handler(void* self) {
    ++static_cast<CancelledWait*>(self)->handlers;
  }
  static void* Run(void* argument) {
    auto* self = static_cast<CancelledWait*>(argument);
    struct Scope {
      ~Scope() { ++counter; }
      std::atomic<int>& counter;
    };
    const Scope scope{self->destructors};
    pthread_cleanup_push(&Handler, self);
    self->result = self->wait();
    pthread_testcancel();
    pthread_cleanup_pop(0);
    return nullptr;
  }
};

TEST_F(WaitersTest, CancelledThreadLeavesNothingBehind) {
  for (size_t round = 1; round <= 100; ++round) {
    Event event;
    CancelledWait wait;
    wait.wait = [&] { return Wait(event, kNever, CancellationPoint::kYes); };
    pthread_t thread;
    ASSERT_EQ(pthread_create(&thread, nullptr, &CancelledWait::Run, &wait), 0);
    platform_.AwaitSleeps(round);
    ASSERT_EQ(pthread_cancel(thread), 0);
    void* exit_value = nullptr;
    ASSERT_EQ(pthread_join(thread, &exit_value), 0);
    EXPECT_EQ(exit_value, PTHREAD_CANCELED);
    EXPECT_EQ(wait.handlers, 1);
    EXPECT_EQ(wait.destructors, 1);
    EXPECT_EQ(wait.result, 1) << "the wait returned";
    EXPECT_EQ(event.waiting(), 0U);
  }
}

TEST_F(WaitersTest, WaitThatIsNoCancellationPointGoesOn) {
  Event event;
  CancelledWait wait;
  wait.wait = [&] { return Wait(event); };
  pthread_t thread;
  ASSERT_EQ(pthread_create(&thread, nullptr, &CancelledWait::Run, &wait), 0);
  platform_.AwaitSleeps(1);
  ASSERT_EQ(pthread_cancel(thread), 0);
  EXPECT_NE(event.waiting(), 0U);
  event.Complete(waiters_);
  void* exit_value = nullptr;
  ASSERT_EQ(pthread_join(thread, &exit_value), 0);
  EXPECT_EQ(exit_value, PTHREAD_CANCELED);
  EXPECT_EQ(wait.result, 0) << "the wait came to its end first";
}

// --- The protocol as a race

// Events complete while threads are on their way to sleep for them, at every
// distance.  A wake-up that is lost leaves its thread asleep for ever, and the
// test's time limit tells.
TEST_F(WaitersTest, NoWakeUpIsEverLost) {
  constexpr int kWaiters = 3;
  constexpr int kRounds = 10'000;
  RandomSource random;
  Event event;
  std::atomic<int> round{0};
  std::atomic<int> finished{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kWaiters; ++i) {
    threads.emplace_back([&] {
      for (int mine = 1; mine <= kRounds; ++mine) {
        while (round.load() < mine) std::this_thread::yield();
        if (Wait(event) != 0 || !event.complete()) ADD_FAILURE();
        ++finished;
      }
    });
  }
  for (int current = 1; current <= kRounds; ++current) {
    event.Reset();
    round = current;
    const uint32_t delay = random.Below(300);
    for (uint32_t i = 0; i < delay; ++i) platform_.Now();
    event.Complete(waiters_);
    while (finished.load() < current * kWaiters) std::this_thread::yield();
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace aioemul
