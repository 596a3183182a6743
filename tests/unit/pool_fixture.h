// A worker pool whose work and whose platform the test can hold and watch.

#ifndef AIOEMUL_TESTS_UNIT_POOL_FIXTURE_H_
#define AIOEMUL_TESTS_UNIT_POOL_FIXTURE_H_

#include <pthread.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "emul/descriptor_queue.h"
#include "emul/poller.h"
#include "emul/worker_pool.h"
#include "gtest/gtest.h"
#include "tests/support/forwarding_platform.h"
#include "tests/unit/idle_engine.h"

namespace aioemul {

// Watches sleeps and wake-ups; can hold woken workers back, and refuse threads.
class PoolPlatform final : public testing::ForwardingPlatform {
 public:
  void* Allocate(size_t size) override {
    ++allocations_;
    ++pieces_in_use_;
    return testing::ForwardingPlatform::Allocate(size);
  }
  void Free(void* memory) override {
    --pieces_in_use_;
    testing::ForwardingPlatform::Free(memory);
  }
  int StartWorker(const ThreadStart& start) override {
    if (const auto hook = std::exchange(on_start, nullptr)) hook();
    {
      const std::lock_guard lock(mutex_);
      ++starts_;
      if (starts_ > allowed_starts_) return -EAGAIN;
    }
    return testing::ForwardingPlatform::StartWorker(start);
  }
  int Wait(const std::atomic<uint32_t>& word, uint32_t expected,
           MonotonicTime deadline) override {
    {
      const std::lock_guard lock(mutex_);
      deadlines_.push_back(deadline);
      changed_.notify_all();
    }
    const int result = testing::ForwardingPlatform::Wait(
        word, expected, deadline == kNever ? kNever : deadline - advance_);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !holding_; });
    return result;
  }
  MonotonicTime Now() override {
    return testing::ForwardingPlatform::Now() + advance_;
  }
  void Relax() override {
    {
      const std::lock_guard lock(mutex_);
      ++looks_;
      changed_.notify_all();
    }
    testing::ForwardingPlatform::Relax();
  }
  // Called once, by the thread that starts the next one.
  std::function<void()> on_start;

  // Moves the clock.
  void Advance(MonotonicTime time) { advance_ += time; }
  void Wake(const std::atomic<uint32_t>& word) override {
    {
      const std::lock_guard lock(mutex_);
      ++wakes_;
    }
    testing::ForwardingPlatform::Wake(word);
  }

  // Waits until workers have gone to sleep `count` times; returns until when
  // they mean to sleep.
  std::vector<MonotonicTime> AwaitSleeps(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return deadlines_.size() >= count; });
    return deadlines_;
  }
  // How often a worker that spins has looked; waits until one looks again.
  int looks() {
    const std::lock_guard lock(mutex_);
    return looks_;
  }
  void AwaitSpinning() {
    std::unique_lock lock(mutex_);
    const int before = looks_;
    changed_.wait(lock, [&] { return looks_ > before; });
  }
  // Whether workers that wake up are kept from going on.
  void Hold(bool hold) {
    const std::lock_guard lock(mutex_);
    holding_ = hold;
    changed_.notify_all();
  }
  void AllowStarts(int count) {
    const std::lock_guard lock(mutex_);
    allowed_starts_ = starts_ + count;
  }
  int starts() {
    const std::lock_guard lock(mutex_);
    return starts_;
  }
  int allocations() const { return allocations_; }
  int pieces_in_use() const { return pieces_in_use_; }
  int wakes() {
    const std::lock_guard lock(mutex_);
    return wakes_;
  }

 private:
  std::atomic<MonotonicTime> advance_{0};
  std::atomic<int> allocations_{0};
  std::atomic<int> pieces_in_use_{0};

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<MonotonicTime> deadlines_;
  bool holding_ = false;
  int starts_ = 0;
  int allowed_starts_ = 1'000'000;
  int wakes_ = 0;
  int looks_ = 0;
};

// Work whose every piece lasts until the test releases it.
class HeldWork final : public WorkerPool::Work {
 public:
  struct Piece {
    DescriptorQueue* queue;
    Level level;
    pthread_t thread;
  };

  void Serve(DescriptorQueue& queue, Level level) override {
    std::unique_lock lock(mutex_);
    begun_.push_back({&queue, level, pthread_self()});
    changed_.notify_all();
    changed_.wait(lock, [&] { return released_ > 0; });
    --released_;
    ++ended_;
    changed_.notify_all();
  }
  bool NeedsWorker() override {
    ++asked_;
    return needs_worker_;
  }

  // Waits until `count` pieces in all have been begun; returns them in order.
  std::vector<Piece> AwaitBegun(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return begun_.size() >= count; });
    return begun_;
  }
  std::vector<Piece> begun() { return AwaitBegun(0); }
  // Lets `count` pieces end, and waits until they have.
  void Release(int count) {
    std::unique_lock lock(mutex_);
    const int target = ended_ + count;
    released_ += count;
    changed_.notify_all();
    changed_.wait(lock, [&] { return ended_ == target; });
  }

  void set_needs_worker(bool needs) { needs_worker_ = needs; }
  int asked() const { return asked_; }

 private:
  std::atomic<bool> needs_worker_{false};
  std::atomic<int> asked_{0};

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Piece> begun_;
  int released_ = 0;
  int ended_ = 0;
};

inline constexpr MonotonicTime kForever = kNever / 2;

class PoolFixture : public ::testing::Test {
 protected:
  PoolFixture() { MakePool(1); }

  void MakePool(int max_threads, MonotonicTime idle_time = kForever,
                MonotonicTime spin_limit = 0) {
    pool_.reset();
    pool_ = std::make_unique<WorkerPool>(platform_, work_, max_threads,
                                         idle_time, spin_limit);
  }

  // A new descriptor, which stands for itself alone.
  RingPlace& NewPlace() {
    queues_.emplace_back(services_);
    return places_.emplace_back(queues_.back());
  }
  RingPlace& Announce(RingPlace& place, Level level = kDefaultLevel) {
    pool_->Deliver(pool_->Announce(&place, level));
    return place;
  }
  RingPlace& AnnounceNew(Level level = kDefaultLevel) {
    return Announce(NewPlace(), level);
  }
  // Keeps every worker there may be busy.
  void Occupy(size_t workers) {
    for (size_t i = 0; i < workers; ++i) AnnounceNew();
    work_.AwaitBegun(workers);
  }
  void AwaitThreadCount(int count) {
    while (pool_->thread_count() != count) std::this_thread::yield();
  }
  // The descriptors served, from the one numbered `first`.
  std::vector<DescriptorQueue*> Served(size_t first) {
    std::vector<DescriptorQueue*> served;
    const auto begun = work_.begun();
    for (size_t i = first; i < begun.size(); ++i) {
      served.push_back(begun[i].queue);
    }
    return served;
  }

  PoolPlatform platform_;
  HeldWork work_;
  std::unique_ptr<WorkerPool> pool_;

 private:
  // What it takes to make a queue; nothing here is ever asked.
  std::atomic<int> outstanding_{0};
  IdleEngine engine_;
  Devices devices_{platform_, engine_, 0};
  Poller poller_{platform_, engine_, 0};
  WorkerPool idle_pool_{platform_, work_, 0, 0};
  DescriptorQueue::Services services_{platform_, idle_pool_, poller_,
                                      devices_,  engine_,    outstanding_};
  std::deque<DescriptorQueue> queues_;
  std::deque<RingPlace> places_;
};

}  // namespace aioemul

#endif  // AIOEMUL_TESTS_UNIT_POOL_FIXTURE_H_
