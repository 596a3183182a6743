// Waiting for completions: contract C3, D1, D2, D3, D4, D5, H1.

#include "emul/waiters.h"

#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/forwarding_platform.h"
#include "tests/unit/event.h"
#include "tests/unit/random_source.h"

namespace aioemul {
namespace {

using Word = const std::atomic<uint32_t>*;

// Records who sleeps where and who is woken; asks `on_wait`, if there is one,
// for the answer in place of sleeping.
class WatchingPlatform final : public testing::ForwardingPlatform {
 public:
  int Wait(const std::atomic<uint32_t>& word, uint32_t expected,
           MonotonicTime deadline) override {
    Enter(&word);
    return on_wait
               ? on_wait(word, expected)
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

  std::function<int(const std::atomic<uint32_t>&, uint32_t)> on_wait;

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

// Waits within waits, as of handlers that interrupt each other, each of which
// enters one thing.
class Nest final : public Waiters::Condition {
 public:
  Nest(Waiters& waiters, Waiters::Waited& waited, int depth)
      : waiters_(waiters), waited_(waited), depth_(depth) {}
  bool IsOne() const override { return false; }
  bool Arm(Waiters::Stay& stay) override {
    stay.Enter(waited_);
    if (depth_ > 1) {
      Nest next(waiters_, waited_, depth_ - 1);
      waiters_.Wait(next, kNever, CancellationPoint::kNo);
    } else {
      waiters_.Take(waited_, &wakeups_);
      EXPECT_EQ(wakeups_.count(), Waiters::kOwnedSeats);
    }
    return true;
  }
  void Disarm(const Waiters::Stay& /*stay*/) override {}

 private:
  Waiters& waiters_;
  Waiters::Waited& waited_;
  Waiters::Wakeups wakeups_;
  int depth_;
};

// Runs for waits for one thing, and for waits for more.
class WaitersTest : public ::testing::TestWithParam<bool> {
 protected:
  // Every seat has been given back: so many can be had at once, each by one.
  ~WaitersTest() override {
    Waiters::Waited waited;
    Nest nest(waiters_, waited, Waiters::kOwnedSeats);
    waiters_.Wait(nest, kNever, CancellationPoint::kNo);
  }

  static bool one() { return GetParam(); }
  Event NewEvent() { return Event(one() ? nullptr : &common_); }
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
  Waiters::Waited common_;  // what all wait for who wait for more
};

INSTANTIATE_TEST_SUITE_P(, WaitersTest, ::testing::Bool(),
                         [](const auto& parameter) {
                           return parameter.param ? "ForOne" : "ForSeveral";
                         });

TEST_P(WaitersTest, WhatIsCompleteIsNotWaitedFor) {
  Event event = NewEvent();
  event.Complete(waiters_);
  EXPECT_EQ(Wait(event), 0);
  EXPECT_TRUE(platform_.slept().empty());
}

TEST_P(WaitersTest, CompletionThatNobodyWaitsForWakesNobody) {
  Event event = NewEvent();
  EXPECT_EQ(event.Complete(waiters_), 0);
  EXPECT_TRUE(platform_.woken().empty());
}

// D5, with a thousand.
TEST_P(WaitersTest, CompletionWakesItsOwnWaiterAlone) {
  constexpr size_t kThreads = 1000;
  std::deque<Event> events;
  std::vector<std::thread> threads;
  std::vector<Word> words;
  for (size_t i = 0; i < kThreads; ++i) {
    Event& event = events.emplace_back(one() ? nullptr : &common_);
    threads.push_back(StartWaiter(event));
    words.push_back(platform_.AwaitSleeps(i + 1)[i]);
  }
  for (size_t i = 0; i < kThreads; ++i) {
    EXPECT_EQ(events[i].Complete(waiters_), one() ? 0 : 1);
    threads[i].join();
  }
  EXPECT_EQ(platform_.woken(), words);
  EXPECT_EQ(platform_.slept(), words) << "nobody slept again";
}

TEST_P(WaitersTest, CompletionWakesAllItsWaiters) {
  constexpr size_t kWaiters = 8;
  Event event = NewEvent();
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kWaiters; ++i) threads.push_back(StartWaiter(event));
  platform_.AwaitSleeps(kWaiters);
  event.Complete(waiters_);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(platform_.woken().size(), one() ? 1 : kWaiters);
}

TEST_P(WaitersTest, PassedDeadlineEndsTheWaitAndLeavesNoSeatTold) {
  Event event = NewEvent();
  EXPECT_EQ(Wait(event, platform_.Now()), -ETIMEDOUT);
  EXPECT_EQ(Wait(event, platform_.Now() + 1'000'000), -ETIMEDOUT);
  EXPECT_EQ(Wait(event, platform_.Now(), CancellationPoint::kYes), -ETIMEDOUT);
  EXPECT_EQ(event.Complete(waiters_), 0);
}

TEST_P(WaitersTest, CaughtSignalEndsTheWaitAndLeavesNoSeatTold) {
  Event event = NewEvent();
  platform_.on_wait = [](auto&&...) { return -EINTR; };
  EXPECT_EQ(Wait(event), -EINTR);
  EXPECT_EQ(event.Complete(waiters_), 0);
}

TEST_P(WaitersTest, CompletionAtTheLastMomentCounts) {
  for (const int answer : {-EINTR, -ETIMEDOUT}) {
    Event event = NewEvent();
    platform_.on_wait = [&](auto&&...) {
      event.SetComplete();
      return answer;
    };
    EXPECT_EQ(Wait(event), 0) << answer;
  }
}

TEST_P(WaitersTest, WakeUpForNoReasonDoesNotEndTheWait) {
  Event event = NewEvent();
  int sleeps = 0;
  platform_.on_wait = [&](auto&&...) {
    if (++sleeps == 10) event.Complete(waiters_);
    return 0;
  };
  EXPECT_EQ(Wait(event), 0);
  EXPECT_EQ(sleeps, 10);
}

// What serves one block now may serve another when it completes: that costs a
// look, not a wrong answer.
TEST_P(WaitersTest, WaiterWokenForSomebodyElseWaitsOn) {
  Event event = NewEvent();
  std::thread waiter = StartWaiter(event);
  platform_.AwaitSleeps(1);
  Waiters::Wakeups wakeups;
  waiters_.Take(event.waited(), &wakeups);
  waiters_.Wake(wakeups);
  platform_.AwaitSleeps(2);
  EXPECT_FALSE(event.complete());
  event.Complete(waiters_);
  waiter.join();
}

// A run that completes wakes whoever waits for several of it once.
TEST_P(WaitersTest, SeveralCompletionsAreOneWakeUp) {
  Event event = NewEvent();
  std::thread waiter = StartWaiter(event);
  platform_.AwaitSleeps(1);
  event.SetComplete();
  Waiters::Wakeups wakeups;
  waiters_.Take(event.waited(), &wakeups);
  waiters_.Take(common_, &wakeups);
  EXPECT_EQ(wakeups.count(), one() ? 0 : 1);
  waiters_.Wake(wakeups);
  waiter.join();
  EXPECT_EQ(platform_.woken().size(), 1U);
}

// More than there are seats: those who share one are woken for each other, and
// each still waits for its own.
TEST_P(WaitersTest, MoreWaitersThanSeats) {
  constexpr int kWaiters = Waiters::kSeats + 2;
  // Most of them on this thread, each within the one before.
  struct Crowd final : Waiters::Condition {
    bool IsOne() const override { return false; }
    bool Arm(Waiters::Stay& stay) override {
      stay.Enter(*waited);
      if (depth == 1) {
        innermost();
        return true;
      }
      Crowd next;
      next.waiters = waiters;
      next.waited = waited;
      next.depth = depth - 1;
      next.innermost = innermost;
      EXPECT_EQ(waiters->Wait(next, kNever, CancellationPoint::kNo), 0);
      return true;
    }
    void Disarm(const Waiters::Stay& stay) override { stay.Withdraw(*waited); }
    Waiters* waiters = nullptr;
    Waiters::Waited* waited = nullptr;
    int depth = kWaiters;
    std::function<void()> innermost;
  };
  Crowd crowd;
  crowd.waiters = &waiters_;
  crowd.waited = &common_;
  crowd.innermost = [this] {
    Event event(&common_);
    std::thread waiter = StartWaiter(event);
    platform_.AwaitSleeps(1);
    event.Complete(waiters_);
    waiter.join();
  };
  EXPECT_EQ(waiters_.Wait(crowd, kNever, CancellationPoint::kNo), 0);
}

// H1: a handler forks when its thread is about to sleep, and returns there.
TEST_P(WaitersTest, AbandonedWaitersDoNotSleep) {
  Event event = NewEvent();
  platform_.on_wait = [&](const std::atomic<uint32_t>& word,
                          uint32_t expected) {
    waiters_.Abandon();
    waiters_.Abandon(event.waited());
    EXPECT_NE(word, expected) << "it would sleep for ever";
    return 0;
  };
  EXPECT_EQ(Wait(event), -EINTR);
  EXPECT_EQ(platform_.slept().size(), 1U);
  EXPECT_EQ(Wait(event), -EINTR);
  EXPECT_EQ(platform_.slept().size(), 1U) << "the latter would be too late";
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

TEST_P(WaitersTest, CancelledThreadLeavesNothingBehind) {
  for (size_t round = 1; round <= 100; ++round) {
    Event event = NewEvent();
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
    EXPECT_EQ(event.Complete(waiters_), 0);
  }
}

TEST_P(WaitersTest, WaitThatIsNoCancellationPointGoesOn) {
  Event event = NewEvent();
  CancelledWait wait;
  wait.wait = [&] { return Wait(event); };
  pthread_t thread;
  ASSERT_EQ(pthread_create(&thread, nullptr, &CancelledWait::Run, &wait), 0);
  platform_.AwaitSleeps(1);
  ASSERT_EQ(pthread_cancel(thread), 0);
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
TEST_P(WaitersTest, NoWakeUpIsEverLost) {
  constexpr int kWaiters = 3;
  constexpr int kRounds = 10'000;
  RandomSource random;
  Event event = NewEvent();
  std::atomic<int> round{0};
  std::atomic<int> finished{0};
  std::vector<std::thread> threads;
  threads.reserve(kWaiters);
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
