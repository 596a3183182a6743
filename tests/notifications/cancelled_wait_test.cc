// Threads are cancelled in aio_suspend at any instant, while what they wait for
// completes: each leaves nothing behind (contract D4).

#include <aio.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "emul/engine.h"
#include "emul/options.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"
#include "tests/support/forwarding_platform.h"

namespace aioemul::testing {
namespace {

using Word = const std::atomic<uint32_t>*;

// Knows who sleeps where.
class SleepWatch final : public ForwardingPlatform {
 public:
  int WaitCancellable(const std::atomic<uint32_t>& word, uint32_t expected,
                      MonotonicTime deadline) override {
    ++begun_;
    if (watching_) Enter(&word);
    const int result =
        ForwardingPlatform::WaitCancellable(word, expected, deadline);
    ++ended_;
    return result;
  }

  // Watches until `count` threads have slept, and returns where.
  std::set<Word> AwaitSleepers(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return sleepers_.size() == count; });
    std::set<Word> words;
    for (const auto& [thread, word] : sleepers_) words.insert(word);
    return words;
  }
  void Watch(bool watching) {
    const std::lock_guard lock(mutex_);
    watching_ = watching;
    sleepers_.clear();
  }

  // How many have been cancelled asleep, when nobody sleeps.
  int cancelled_asleep() const { return begun_ - ended_; }

 private:
  void Enter(Word word) {
    const std::lock_guard lock(mutex_);
    sleepers_[std::this_thread::get_id()] = word;
    changed_.notify_all();
  }

  std::atomic<int> begun_{0};
  std::atomic<int> ended_{0};
  std::atomic<bool> watching_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::thread::id, Word> sleepers_;
};

class DestructionCounter {
 public:
  explicit DestructionCounter(int& count) : count_(count) {}
  ~DestructionCounter() { ++count_; }
  DestructionCounter(const DestructionCounter&) = delete;
  DestructionCounter& operator=(const DestructionCounter&) = delete;

 private:
  int& count_;
};

constexpr int kNoResult = 1;

// One thread's wait.
struct Waiting {
  Engine* engine;
  const aiocb* block;
  std::atomic<bool> begun{false};
  int handlers = 0;
  int destructions = 0;
  int result = kNoResult;
};

void* Wait(void* argument) {
  auto* waiting = static_cast<Waiting*>(argument);
  pthread_cleanup_push([](void* handlers) { ++*static_cast<int*>(handlers); },
                       &waiting->handlers);
  const DestructionCounter counter(waiting->destructions);
  // Two entries, so that it does not sleep on the word of its only request.
  const aiocb* const list[] = {waiting->block, waiting->block};
  waiting->begun = true;
  waiting->result = waiting->engine->Suspend(list, 2, nullptr);
  pthread_cleanup_pop(0);
  return nullptr;
}

class CancelledWaitTest : public ::testing::Test {
 protected:
  // A read that waits until Complete.
  void Begin() {
    block_ = ReadBlock(pipe_.first(), &byte_, 1);
    ASSERT_EQ(engine_.Read(&block_), 0);
  }
  void Complete() { ASSERT_EQ(write(pipe_.second(), "x", 1), 1); }
  void End() { ASSERT_EQ(Await(engine_, block_), Success(1)); }

  void Pause() {
    for (volatile unsigned turns = random_() % 10'000; turns > 0;) {
      turns = turns - 1;
    }
  }

  // A wait that is cancelled and whose request completes at about the same
  // time, in either order; true when it was cancelled.
  bool CancelledInARace() {
    Begin();
    Waiting waiting = {&engine_, &block_};
    pthread_t thread;
    EXPECT_EQ(pthread_create(&thread, nullptr, &Wait, &waiting), 0);
    while (!waiting.begun) sched_yield();
    Pause();
    const bool complete_first = random_() % 4 == 0;
    if (complete_first) Complete();
    if (complete_first) Pause();
    pthread_cancel(thread);
    if (!complete_first) Pause();
    if (!complete_first) Complete();
    void* ended = nullptr;
    EXPECT_EQ(pthread_join(thread, &ended), 0);
    // The C library may call a thread cancelled that was not, when the attempt
    // comes late.
    const bool cancelled = waiting.result == kNoResult;
    EXPECT_TRUE(!cancelled || ended == PTHREAD_CANCELED);
    EXPECT_EQ(waiting.handlers, cancelled ? 1 : 0);
    EXPECT_EQ(waiting.destructions, 1);
    EXPECT_TRUE(cancelled || waiting.result == 0) << waiting.result;
    End();
    return cancelled;
  }

  // Where as many threads sleep as can have a place of their own.
  std::set<Word> OwnPlaces() {
    constexpr size_t kPlaces = 32;
    Begin();
    platform_.Watch(true);
    std::vector<std::thread> threads;
    for (size_t i = 0; i < kPlaces; ++i) {
      threads.emplace_back([&] {
        const aiocb* const list[] = {&block_, &block_};
        EXPECT_EQ(engine_.Suspend(list, 2, nullptr), 0);
      });
    }
    std::set<Word> places = platform_.AwaitSleepers(kPlaces);
    Complete();
    for (std::thread& thread : threads) thread.join();
    platform_.Watch(false);
    End();
    EXPECT_EQ(places.size(), kPlaces);
    return places;
  }

  SleepWatch platform_;
  const Channel pipe_ = Channel::Pipe();
  char byte_ = 0;
  aiocb block_ = {};
  std::minstd_rand random_{4711};
  Options options_;
  Engine engine_{options_, platform_};
};

TEST_F(CancelledWaitTest, CleansUpOnceAndGivesItsPlaceBack) {
  constexpr int kCancelled = 10'000;
  constexpr int kCancelledAsleep = 1'000;
  const std::set<Word> before = OwnPlaces();
  int cancelled = 0;
  while (!HasFailure() && (cancelled < kCancelled ||
                           platform_.cancelled_asleep() < kCancelledAsleep)) {
    cancelled += CancelledInARace() ? 1 : 0;
  }
  // A place that was lost would have to be replaced by another.
  EXPECT_EQ(OwnPlaces(), before);
}

// Many at once, which come and go in any order.
TEST_F(CancelledWaitTest, LeavesTheOthersWaiting) {
  constexpr int kRounds = 200;
  constexpr size_t kThreads = 40;  // more than there are places
  const std::set<Word> before = OwnPlaces();
  for (int round = 0; round < kRounds && !HasFailure(); ++round) {
    Begin();
    std::array<Waiting, kThreads> waits;
    std::array<pthread_t, kThreads> threads;
    for (size_t i = 0; i < kThreads; ++i) {
      waits[i].engine = &engine_;
      waits[i].block = &block_;
      ASSERT_EQ(pthread_create(&threads[i], nullptr, &Wait, &waits[i]), 0);
    }
    for (size_t i = 0; i < kThreads; i += 2) pthread_cancel(threads[i]);
    for (size_t i = 0; i < kThreads; i += 2) {
      void* ended = nullptr;
      ASSERT_EQ(pthread_join(threads[i], &ended), 0);
      EXPECT_EQ(ended, PTHREAD_CANCELED);
    }
    Complete();
    for (size_t i = 1; i < kThreads; i += 2) {
      void* ended = nullptr;
      ASSERT_EQ(pthread_join(threads[i], &ended), 0);
      EXPECT_EQ(ended, nullptr);
      EXPECT_EQ(waits[i].result, 0);
    }
    for (const Waiting& waiting : waits) {
      EXPECT_EQ(waiting.destructions, waiting.begun ? 1 : 0);
      EXPECT_EQ(waiting.handlers + (waiting.result == 0 ? 1 : 0),
                waiting.begun ? 1 : 0);
    }
    End();
  }
  EXPECT_EQ(OwnPlaces(), before);
}

}  // namespace
}  // namespace aioemul::testing
