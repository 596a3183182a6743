// One thread that is there when it is needed, does what is due, and leaves:
// contract A6, G1, G2, J3.

#include "emul/attendant.h"

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "gtest/gtest.h"
#include "tests/support/forwarding_platform.h"
#include "tests/unit/run_together.h"

namespace aioemul {
namespace {

class CountingPlatform final : public testing::ForwardingPlatform {
 public:
  int StartWorker(const ThreadStart& start) override {
    if (refusing) return -EAGAIN;
    ++starts;
    return testing::ForwardingPlatform::StartWorker(start);
  }

  std::atomic<bool> refusing{false};
  std::atomic<int> starts{0};
};

class NotedWork final : public Attendant::Work {
 public:
  void Attend() override {
    std::unique_lock lock(mutex_);
    EXPECT_FALSE(attending_) << "two at a time";
    attending_ = true;
    ++attended_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !held_; });
    attending_ = false;
    next_time = kNever;
  }
  MonotonicTime NextTime() override { return next_time; }
  bool NeedsAttendant() override {
    const std::lock_guard lock(mutex_);
    ++asked_;
    changed_.notify_all();
    return needed;
  }

  void AwaitAttended(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return attended_ >= count; });
  }
  // Until the thread has asked once more whether it is needed.
  void AwaitAsked() {
    std::unique_lock lock(mutex_);
    const int before = asked_;
    changed_.wait(lock, [&] { return asked_ > before; });
  }
  void Hold(bool hold) {
    const std::lock_guard lock(mutex_);
    held_ = hold;
    changed_.notify_all();
  }

  std::atomic<MonotonicTime> next_time{kNever};
  std::atomic<bool> needed{false};

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  bool attending_ = false;
  int attended_ = 0;
  int asked_ = 0;
};

class AttendantTest : public ::testing::Test {
 protected:
  static constexpr MonotonicTime kForever = kNever / 2;

  void MakeDue() {
    work_.next_time = platform_.Now();
    attendant_->Announce();
  }

  CountingPlatform platform_;
  NotedWork work_;
  std::unique_ptr<Attendant> attendant_ =
      std::make_unique<Attendant>(platform_, work_, kForever);
};

TEST_F(AttendantTest, IsStartedOnceAndDoesWhatIsDue) {
  EXPECT_EQ(attendant_->Ensure(), 0);
  EXPECT_EQ(attendant_->Ensure(), 0);
  for (int i = 1; i <= 10; ++i) {
    MakeDue();
    work_.AwaitAttended(i);
  }
  EXPECT_EQ(platform_.starts, 1);
}

TEST_F(AttendantTest, DoesNothingBeforeItsTimeAndThenWithoutACall) {
  const MonotonicTime due = platform_.Now() + 3'000'000;
  work_.next_time = due;
  EXPECT_EQ(attendant_->Ensure(), 0);
  work_.AwaitAttended(1);
  EXPECT_GE(platform_.Now(), due);
}

TEST_F(AttendantTest, LackOfTheThreadIsReportedAndPasses) {
  platform_.refusing = true;
  EXPECT_EQ(attendant_->Ensure(), -EAGAIN);
  platform_.refusing = false;
  EXPECT_EQ(attendant_->Ensure(), 0);
  MakeDue();
  work_.AwaitAttended(1);
}

TEST_F(AttendantTest, StaysWhileItIsNeededAndComesBack) {
  attendant_->Configure(/*idle_time=*/0);
  work_.needed = true;
  EXPECT_EQ(attendant_->Ensure(), 0);
  work_.AwaitAsked();
  MakeDue();
  work_.AwaitAttended(1);
  EXPECT_EQ(platform_.starts, 1);
  work_.needed = false;
  while (platform_.starts == 1) EXPECT_EQ(attendant_->Ensure(), 0);
  work_.needed = true;
  EXPECT_EQ(attendant_->Ensure(), 0);
  MakeDue();
  work_.AwaitAttended(2);
  work_.needed = false;
}

// Nobody relies on a thread that another is only starting; the surplus leaves.
TEST_F(AttendantTest, ManyMaySeeToItAtOnce) {
  for (int round = 0; round < 50; ++round) {
    RunTogether(4, [&](int /*thread*/) {
      EXPECT_EQ(attendant_->Ensure(), 0);
      MakeDue();
    });
    work_.AwaitAttended(round + 1);
    attendant_ = std::make_unique<Attendant>(platform_, work_, kForever);
  }
}

TEST_F(AttendantTest, StoppingWaitsForWhatIsUnderWay) {
  work_.Hold(true);
  EXPECT_EQ(attendant_->Ensure(), 0);
  MakeDue();
  work_.AwaitAttended(1);
  RunTogether(2, [&](int thread) {
    if (thread == 0) {
      attendant_.reset();
      EXPECT_EQ(work_.next_time, kNever) << "left before it was done";
    } else {
      work_.Hold(false);
    }
  });
}

}  // namespace
}  // namespace aioemul
