// The threads of devices alone (contract I6).

#include "emul/devices.h"

#include <sched.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>

#include "gtest/gtest.h"
#include "tests/support/fake_platform.h"

namespace aioemul::testing {
namespace {

// A lane whose transfer lasts until it is let go.
class HeldLane final : public Devices::Lane {
 public:
  bool Attend() override {
    ++attended;
    return wants_thread;
  }
  void Perform() override {
    wants_thread = false;
    std::unique_lock<std::mutex> lock(mutex_);
    ++performing;
    changed_.wait(lock, [&] { return released_; });
  }
  void Release() {
    const std::lock_guard<std::mutex> lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }

  std::atomic<bool> wants_thread{true};
  std::atomic<int> attended{0};
  std::atomic<int> performing{0};

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool released_ = false;
};

class DevicesTest : public ::testing::Test, public Devices::Attendance {
 protected:
  void CallAttendant() override { ++calls_; }

  static void AwaitPerforming(const HeldLane& lane) {
    while (lane.performing == 0) sched_yield();
  }

  std::atomic<int> calls_{0};
  FakePlatform platform_;
  HeldLane first_;
  HeldLane second_;
};

TEST_F(DevicesTest, EachTransferHasAThreadOfItsOwn) {
  Devices devices(platform_, *this, 2);
  devices.Post(&first_);
  devices.Post(&second_);
  EXPECT_TRUE(devices.has_posts());
  EXPECT_TRUE(devices.Attend());
  EXPECT_FALSE(devices.has_posts());
  AwaitPerforming(first_);
  AwaitPerforming(second_);
  first_.Release();
  second_.Release();
}

TEST_F(DevicesTest, OneTooManyWaitsForAnotherToEnd) {
  Devices devices(platform_, *this, 1);
  devices.Post(&first_);
  devices.Post(&second_);
  EXPECT_TRUE(devices.Attend());
  AwaitPerforming(first_);
  EXPECT_FALSE(devices.has_posts());
  first_.Release();
  while (calls_ == 0) sched_yield();
  EXPECT_TRUE(devices.has_posts());
  while (devices.HasThreads()) sched_yield();
  EXPECT_TRUE(devices.Attend());
  AwaitPerforming(second_);
  second_.Release();
}

TEST_F(DevicesTest, WhatWantsNoThreadAnyMoreGetsNone) {
  Devices devices(platform_, *this, 1);
  first_.wants_thread = false;
  devices.Post(&first_);
  EXPECT_TRUE(devices.Attend());
  EXPECT_EQ(first_.attended, 1);
  EXPECT_FALSE(devices.HasThreads());
}

TEST_F(DevicesTest, AThreadThatCannotBeHadIsTriedForAgain) {
  Devices devices(platform_, *this, 1);
  platform_.FailAllResources(true);
  devices.Post(&first_);
  EXPECT_FALSE(devices.Attend());
  EXPECT_TRUE(devices.has_posts());
  platform_.FailAllResources(false);
  EXPECT_TRUE(devices.Attend());
  AwaitPerforming(first_);
  first_.Release();
}

TEST_F(DevicesTest, AHigherLimitLetsThoseThatWaitGoOn) {
  Devices devices(platform_, *this, 1);
  devices.Post(&first_);
  devices.Post(&second_);
  EXPECT_TRUE(devices.Attend());
  devices.Configure(2);
  EXPECT_TRUE(devices.has_posts());
  EXPECT_TRUE(devices.Attend());
  AwaitPerforming(second_);
  first_.Release();
  second_.Release();
}

}  // namespace
}  // namespace aioemul::testing
