// The poller alone (contract I1, J3, A6).

#include "emul/poller.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "emul/platform/readiness.h"
#include "gtest/gtest.h"
#include "tests/streams/descriptors.h"
#include "tests/support/fake_platform.h"

namespace aioemul::testing {
namespace {

constexpr MonotonicTime kForEver = kNever / 2;
constexpr DirectionSet kRead = SetOf(Direction::kRead);
constexpr DirectionSet kWrite = SetOf(Direction::kWrite);

// A client, as a descriptor's queue is one.
class Waiter final : public Poller::Client {
 public:
  void OnReady(DirectionSet ready, bool /*ended*/) override { Tell(ready); }
  void OnForgotten() override { Tell(kBothDirections); }
  void OnTimeLimit(MonotonicTime now) override {
    time_ = now;
    Tell(0);
  }

  // Waits until told `times` times in all, at least; what it was told last.
  DirectionSet Await(int times = 1) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return times_ >= times; });
    return ready_;
  }
  int times() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return times_;
  }
  MonotonicTime time() const { return time_; }  // after Await

 private:
  void Tell(DirectionSet ready) {
    const std::lock_guard<std::mutex> lock(mutex_);
    ready_ = ready;
    ++times_;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int times_ = 0;
  DirectionSet ready_ = 0;
  MonotonicTime time_ = 0;
};

class CountedChore final : public Poller::Chore {
 public:
  MonotonicTime DoPollersChore() override {
    ++times;
    return kNever;
  }
  std::atomic<int> times{0};
};

// Counts the sets that exist, and can be lost.
class CountedReadiness final : public Readiness {
 public:
  CountedReadiness(std::atomic<int>& alive, const std::atomic<int>& lost)
      : alive_(alive), lost_(lost), number_(++made_) {
    ++alive_;
  }
  ~CountedReadiness() override { --alive_; }
  int Arm(int fd, DirectionSet directions, void* token) override {
    return IsLost() ? -ESTALE : real_->Arm(fd, directions, token);
  }
  int Watch(int fd, DirectionSet directions, void* token) override {
    return IsLost() ? -ESTALE : real_->Watch(fd, directions, token);
  }
  void Forget(int fd) override { real_->Forget(fd); }
  int Wait(Event* events, int most, MonotonicTime deadline) override {
    return IsLost() ? -ESTALE : real_->Wait(events, most, deadline);
  }
  void Interrupt() override { real_->Interrupt(); }

  static std::atomic<int> made_;

 private:
  bool IsLost() const { return number_ <= lost_; }

  std::atomic<int>& alive_;
  const std::atomic<int>& lost_;
  const int number_;
  const std::unique_ptr<Readiness> real_{readiness::New()};
};
std::atomic<int> CountedReadiness::made_{0};

class PollerTest : public ::testing::Test {
 protected:
  PollerTest() {
    CountedReadiness::made_ = 0;
    platform_.ChooseReadiness(
        [this] { return new CountedReadiness(sets_, lost_); });
  }

  // One more user, which waits.
  void Wait(Poller& poller, Waiter& waiter, int fd,
            DirectionSet directions = kRead) {
    poller.Enter();
    ASSERT_EQ(poller.Await(&waiter, fd, directions, kOnce), 0);
    ASSERT_EQ(poller.Ensure(), 0);
  }

  // Waits until every set is gone; it must come about by itself.
  void AwaitNoSet() {
    while (sets_ != 0) sched_yield();
  }

  static constexpr Poller::Manner kOnce = Poller::Manner::kOnce;

  std::atomic<int> sets_{0};
  std::atomic<int> lost_{0};  // the first so many sets are lost
  FakePlatform platform_;
  CountedChore chore_;
  const Channel pipe_ = MakePipe();
  const int fd_ = pipe_.reader.number();
  Waiter waiter_;
};

TEST_F(PollerTest, TakesNothingBeforeTheFirstWaiter) {
  Poller poller(platform_, chore_, kForEver);
  poller.Enter();
  poller.Leave();
  EXPECT_EQ(sets_, 0);
  EXPECT_EQ(platform_.resource_calls(), 0);
}

TEST_F(PollerTest, TellsAWaiterOnceAndServesAnyNumberByOneThread) {
  const Channel other = MakePipe();
  Waiter other_waiter;
  Poller poller(platform_, chore_, kForEver);
  platform_.FailResource(-1);
  Wait(poller, waiter_, fd_);
  Wait(poller, other_waiter, other.reader.number());
  Send(pipe_.writer.number(), "x");
  EXPECT_EQ(waiter_.Await(), kRead);
  Send(other.writer.number(), "y");
  EXPECT_EQ(other_waiter.Await(), kRead);
  EXPECT_EQ(waiter_.times(), 1);
  poller.Leave();
  poller.Leave();
  EXPECT_EQ(sets_, 1);
  EXPECT_EQ(platform_.resource_calls(), 1);  // the thread
}

TEST_F(PollerTest, WaitsOnForWhatIsAwaitedAgain) {
  const Channel sockets = MakeSockets();
  const int fd = sockets.reader.number();
  const size_t filled = Fill(fd);
  Poller poller(platform_, chore_, kForEver);
  Wait(poller, waiter_, fd, kBothDirections);
  Send(sockets.writer.number(), "x");
  EXPECT_EQ(waiter_.Await(1), kRead);
  ASSERT_EQ(poller.Await(&waiter_, fd, kWrite, kOnce), 0);
  Receive(sockets.writer.number(), filled);
  EXPECT_EQ(waiter_.Await(2), kWrite);
  poller.Leave();
}

TEST_F(PollerTest, ClosesEverythingAndLeavesWhenIdle) {
  Poller poller(platform_, chore_, 0);
  Wait(poller, waiter_, fd_);
  EXPECT_EQ(sets_, 1);
  poller.Leave();
  AwaitNoSet();
  // And comes back for the next.
  Send(pipe_.writer.number(), "x");
  Wait(poller, waiter_, fd_);
  EXPECT_EQ(waiter_.Await(), kRead);
  poller.Leave();
  AwaitNoSet();
}

TEST_F(PollerTest, StaysWhileThereIsAnyUser) {
  Waiter other;
  const Channel other_pipe = MakePipe();
  Poller poller(platform_, chore_, 0);
  Wait(poller, waiter_, fd_);
  Wait(poller, other, other_pipe.reader.number());
  Send(other_pipe.writer.number(), "x");
  other.Await();
  poller.Leave();
  EXPECT_EQ(sets_, 1);
  Send(pipe_.writer.number(), "x");
  EXPECT_EQ(waiter_.Await(), kRead);
  poller.Leave();
  AwaitNoSet();
}

// J1: a new idle time acts on an idle thread.
TEST_F(PollerTest, ShorterIdleTimeActsAtOnce) {
  Poller poller(platform_, chore_, kForEver);
  Wait(poller, waiter_, fd_);
  poller.Leave();
  EXPECT_EQ(sets_, 1);
  poller.Configure(0);
  AwaitNoSet();
}

TEST_F(PollerTest, LeavesWhenDestroyedThoughNotIdleForLong) {
  {
    Poller poller(platform_, chore_, kForEver);
    Wait(poller, waiter_, fd_);
    poller.Leave();
  }
  EXPECT_EQ(sets_, 0);
}

TEST_F(PollerTest, FailsCleanlyWithoutASet) {
  Poller poller(platform_, chore_, 0);
  platform_.ChooseReadiness([] { return nullptr; });
  EXPECT_EQ(poller.Await(&waiter_, fd_, kRead, kOnce), -EAGAIN);
  platform_.ChooseReadiness(
      [this] { return new CountedReadiness(sets_, lost_); });
  Send(pipe_.writer.number(), "x");
  Wait(poller, waiter_, fd_);
  EXPECT_EQ(waiter_.Await(), kRead);
  poller.Leave();
}

// A6.
TEST_F(PollerTest, FailsCleanlyWithoutAThread) {
  Poller poller(platform_, chore_, 0);
  platform_.FailAllResources(true);
  poller.Enter();
  EXPECT_EQ(poller.Ensure(), -EAGAIN);
  platform_.FailAllResources(false);
  Wait(poller, waiter_, fd_);
  Send(pipe_.writer.number(), "x");
  EXPECT_EQ(waiter_.Await(), kRead);
  poller.Leave();
  poller.Leave();
  AwaitNoSet();
}

TEST_F(PollerTest, RefusesWhatCannotBeWaitedFor) {
  std::string name = ::testing::TempDir() + "/file.XXXXXX";
  const Descriptor file(mkstemp(name.data()));
  unlink(name.c_str());
  Poller poller(platform_, chore_, 0);
  EXPECT_EQ(poller.Await(&waiter_, file.number(), kRead, kOnce), -EPERM);
}

// I8: the earliest limit first, in whatever order they were given.
TEST_F(PollerTest, TellsEachWhenItsTimeHasCome) {
  constexpr MonotonicTime kMillisecond = 1'000'000;
  std::array<Waiter, 3> waiters;
  Poller poller(platform_, chore_, kForEver);
  poller.Enter();
  ASSERT_EQ(poller.Ensure(), 0);
  const MonotonicTime now = platform_.Now();
  const std::array<MonotonicTime, 3> limits = {
      now + 3 * kMillisecond, now + kMillisecond, now + 2 * kMillisecond};
  for (size_t i = 0; i < waiters.size(); ++i) {
    poller.Limit(&waiters[i], limits[i]);
  }
  poller.Limit(&waiter_, now + kMillisecond);
  poller.Limit(&waiter_, kNever);
  for (size_t i = 0; i < waiters.size(); ++i) {
    EXPECT_EQ(waiters[i].Await(), 0U);
    EXPECT_GE(waiters[i].time(), limits[i]);
  }
  EXPECT_EQ(waiter_.times(), 0);
  poller.Leave();
}

TEST_F(PollerTest, DoesItsChoreWhenItIsNudged) {
  Poller poller(platform_, chore_, kForEver);
  poller.Enter();
  ASSERT_EQ(poller.Ensure(), 0);
  for (int i = 0; i < 3; ++i) {
    const int before = chore_.times;
    poller.Nudge();
    while (chore_.times == before) sched_yield();
  }
  poller.Leave();
}

// K1: the thread notices when it would sleep on the set again.
TEST_F(PollerTest, ReplacesASetThatIsLost) {
  const Channel other = MakePipe();
  Waiter other_waiter;
  Poller poller(platform_, chore_, kForEver);
  Wait(poller, waiter_, fd_);
  Wait(poller, other_waiter, other.reader.number());
  lost_ = 1;
  Send(pipe_.writer.number(), "x");
  EXPECT_EQ(waiter_.Await(), kRead);
  // What waited in the lost set waits in the new one.
  Send(other.writer.number(), "y");
  EXPECT_EQ(other_waiter.Await(), kRead);
  EXPECT_EQ(CountedReadiness::made_, 2);
  EXPECT_EQ(sets_, 1);
  poller.Leave();
  poller.Leave();
}

// And so does who arms something, while the thread sleeps on the lost one.
TEST_F(PollerTest, GoesOnWhileItsThreadSleepsOnALostSet) {
  const Channel other = MakePipe();
  Waiter other_waiter;
  Poller poller(platform_, chore_, kForEver);
  Wait(poller, waiter_, fd_);
  while (chore_.times == 0) {
    poller.Nudge();
    sched_yield();
  }
  lost_ = 1;
  Wait(poller, other_waiter, other.reader.number());
  Send(other.writer.number(), "y");
  EXPECT_EQ(other_waiter.Await(), kRead);
  // Reported by the new set; by the lost one to a thread that leaves.
  Send(pipe_.writer.number(), "x");
  EXPECT_EQ(waiter_.Await(), kRead);
  poller.Leave();
  poller.Leave();
}

}  // namespace
}  // namespace aioemul::testing
