// Waiters that look before they sleep, and wake-ups left out when nobody
// sleeps: contract D1, D2, D4, D5.

#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "emul/waiters.h"
#include "gtest/gtest.h"
#include "tests/support/forwarding_platform.h"
#include "tests/unit/event.h"
#include "tests/unit/random_source.h"

namespace aioemul {
namespace {

// So long that only the test ends a spin.
constexpr MonotonicTime kSpinLimit = kNever / 16;

// Counts what waiters do; its clock can be moved.
class CountingPlatform final : public testing::ForwardingPlatform {
 public:
  MonotonicTime Now() override {
    return testing::ForwardingPlatform::Now() + advance;
  }
  void Relax() override { Count(&looks_); }
  int Wait(const std::atomic<uint32_t>& word, uint32_t expected,
           MonotonicTime deadline) override {
    Count(&sleeps_);
    return answer != 0 ? answer.load()
                       : testing::ForwardingPlatform::Wait(word, expected,
                                                           Real(deadline));
  }
  int WaitCancellable(const std::atomic<uint32_t>& word, uint32_t expected,
                      MonotonicTime deadline) override {
    Count(&sleeps_);
    return testing::ForwardingPlatform::WaitCancellable(word, expected,
                                                        Real(deadline));
  }
  void Wake(const std::atomic<uint32_t>& word) override {
    Count(&wakes_);
    testing::ForwardingPlatform::Wake(word);
  }

  void AwaitSleeps(int count) { Await(&sleeps_, count); }
  // Until a waiter that spins has looked again.
  void AwaitLook() { Await(&looks_, looks() + 1); }
  int looks() { return Value(&looks_); }
  int sleeps() { return Value(&sleeps_); }
  int wakes() { return Value(&wakes_); }

  std::atomic<MonotonicTime> advance{0};
  std::atomic<int> answer{0};  // to Wait, in place of sleeping

 private:
  MonotonicTime Real(MonotonicTime deadline) const {
    return deadline == kNever ? kNever : deadline - advance;
  }
  void Count(int* counter) {
    const std::lock_guard lock(mutex_);
    ++*counter;
    changed_.notify_all();
  }
  void Await(const int* counter, int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return *counter >= count; });
  }
  int Value(const int* counter) {
    const std::lock_guard lock(mutex_);
    return *counter;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int looks_ = 0;
  int sleeps_ = 0;
  int wakes_ = 0;
};

class WaitersSpinTest : public ::testing::Test {
 protected:
  int Wait(Event& event, MonotonicTime deadline = kNever) {
    return waiters_.Wait(event, deadline, CancellationPoint::kNo);
  }
  std::thread StartWaiter(Event& event) {
    return std::thread([this, &event] { EXPECT_EQ(Wait(event), 0); });
  }
  // One wait, ended while it sleeps.
  void SleepOnce(int sleeps) {
    Event event;
    SleepOnce(event, sleeps);
  }
  void SleepOnce(Event& event, int sleeps) {
    std::thread waiter = StartWaiter(event);
    platform_.AwaitSleeps(sleeps);
    event.Complete(waiters_);
    waiter.join();
    event.Reset();
  }
  // Nobody is counted as asleep where it waited for `event`: with a look
  // between them, a waiter there and a completion wake nobody.
  void ExpectNoSleepers(Waiters& waiters, Event& event) {
    const int before = platform_.wakes();
    Waiters::Stay stay;
    stay.Enter(event.waited());
    event.Complete(waiters);
    EXPECT_EQ(platform_.wakes(), before);
    event.Reset();
  }
  void ExpectNoSleepers(Event& event) { ExpectNoSleepers(waiters_, event); }

  CountingPlatform platform_;
  Waiters waiters_{platform_, kSpinLimit};
};

TEST_F(WaitersSpinTest, WhoSleepsIsWoken) {
  Event event;
  SleepOnce(event, 1);
  EXPECT_EQ(platform_.wakes(), 1);
  EXPECT_EQ(platform_.looks(), 0) << "the first wait is a sleep";
  ExpectNoSleepers(event);
}

TEST_F(WaitersSpinTest, WhoSpinsNeedsNoWakeUp) {
  SleepOnce(1);
  for (int i = 0; i < 3; ++i) {
    Event event;
    std::thread waiter = StartWaiter(event);
    platform_.AwaitLook();
    event.Complete(waiters_);
    waiter.join();
  }
  EXPECT_EQ(platform_.wakes(), 1);
  EXPECT_EQ(platform_.sleeps(), 1);
}

TEST_F(WaitersSpinTest, LongWaitEndsInASleepAndTheNextBeginsWithOne) {
  SleepOnce(1);
  Event event;
  std::thread waiter = StartWaiter(event);
  platform_.AwaitLook();
  platform_.advance += 2 * kSpinLimit;
  platform_.AwaitSleeps(2);
  event.Complete(waiters_);
  waiter.join();
  EXPECT_EQ(platform_.wakes(), 2);
  const int looks = platform_.looks();
  SleepOnce(3);
  EXPECT_EQ(platform_.looks(), looks);
  EXPECT_EQ(platform_.wakes(), 3);
}

TEST_F(WaitersSpinTest, DeadlineEndsASpin) {
  SleepOnce(1);
  Event event;
  EXPECT_EQ(Wait(event, platform_.Now() + 1'000'000), -ETIMEDOUT);
  EXPECT_GT(platform_.looks(), 0);
  ExpectNoSleepers(event);
}

TEST_F(WaitersSpinTest, WithoutALimitNobodySpins) {
  Waiters waiters(platform_);
  for (int i = 1; i <= 3; ++i) {
    Event event;
    std::thread waiter([&] {
      EXPECT_EQ(waiters.Wait(event, kNever, CancellationPoint::kNo), 0);
    });
    platform_.AwaitSleeps(i);
    event.Complete(waiters);
    waiter.join();
  }
  EXPECT_EQ(platform_.looks(), 0);
  EXPECT_EQ(platform_.wakes(), 3);
}

TEST_F(WaitersSpinTest, SleepThatEndsByItselfIsCountedOut) {
  Waiters waiters(platform_);
  Event event;
  for (const int answer : {-ETIMEDOUT, -EINTR}) {
    platform_.answer = answer;
    EXPECT_EQ(waiters.Wait(event, kNever, CancellationPoint::kNo), answer);
    ExpectNoSleepers(waiters, event);
  }
}

// D4
TEST_F(WaitersSpinTest, CancelledSleepIsCountedOut) {
  Event event;
  for (int round = 1; round <= 10; ++round) {
    struct Scene {
      Waiters& waiters;
      Event& event;
    } scene = {waiters_, event};
    pthread_t thread;
    ASSERT_EQ(pthread_create(
                  &thread, nullptr,
                  [](void* argument) -> void* {
                    const auto* s = static_cast<Scene*>(argument);
                    s->waiters.Wait(s->event, kNever, CancellationPoint::kYes);
                    return nullptr;
                  },
                  &scene),
              0);
    platform_.AwaitSleeps(round);
    ASSERT_EQ(pthread_cancel(thread), 0);
    void* exit_value = nullptr;
    ASSERT_EQ(pthread_join(thread, &exit_value), 0);
    EXPECT_EQ(exit_value, PTHREAD_CANCELED);
    ExpectNoSleepers(event);
  }
  // The count says as ever when there is somebody.
  SleepOnce(event, 11);
  EXPECT_EQ(platform_.wakes(), 1);
}

// As in waiters_test, with spins that end amid the completion.
TEST_F(WaitersSpinTest, NoWakeUpIsEverLost) {
  constexpr int kWaiters = 3;
  constexpr int kRounds = 10'000;
  Waiters waiters(platform_, /*spin_limit=*/2'000);
  RandomSource random;
  Event event;
  std::atomic<int> round{0};
  std::atomic<int> finished{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kWaiters; ++i) {
    threads.emplace_back([&] {
      for (int mine = 1; mine <= kRounds; ++mine) {
        while (round.load() < mine) std::this_thread::yield();
        if (waiters.Wait(event, kNever, CancellationPoint::kNo) != 0 ||
            !event.complete()) {
          ADD_FAILURE();
        }
        ++finished;
      }
    });
  }
  for (int current = 1; current <= kRounds; ++current) {
    event.Reset();
    round = current;
    const uint32_t delay = random.Below(300);
    for (uint32_t i = 0; i < delay; ++i) platform_.Now();
    event.Complete(waiters);
    while (finished.load() < current * kWaiters) std::this_thread::yield();
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace aioemul
