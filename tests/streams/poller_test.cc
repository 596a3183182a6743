// The poller alone (contract I1, J3, A6).

#include "emul/poller.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

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

// Who waits, as a descriptor's queue does.
class Waiter final : public Poller::Client {
 public:
  void OnReady(DirectionSet ready) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    ready_ = ready;
    ++times_;
    changed_.notify_all();
  }

  // Waits until told `times` times in all; what it was told last.
  DirectionSet Await(int times = 1) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return times_ == times; });
    return ready_;
  }
  int times() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return times_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int times_ = 0;
  DirectionSet ready_ = 0;
};

// Counts the sets that exist.
class CountedReadiness final : public Readiness {
 public:
  explicit CountedReadiness(std::atomic<int>& alive) : alive_(alive) {
    ++alive_;
  }
  ~CountedReadiness() override { --alive_; }
  int Arm(int fd, DirectionSet directions, void* token) override {
    return real_->Arm(fd, directions, token);
  }
  int Wait(Event* events, int most, MonotonicTime deadline) override {
    return real_->Wait(events, most, deadline);
  }
  void Interrupt() override { real_->Interrupt(); }
  void CloseInherited() override { real_->CloseInherited(); }

 private:
  std::atomic<int>& alive_;
  const std::unique_ptr<Readiness> real_{readiness::New()};
};

class PollerTest : public ::testing::Test {
 protected:
  PollerTest() {
    platform_.ChooseReadiness([this] { return new CountedReadiness(sets_); });
  }

  // Waits until every set is gone; it must come about by itself.
  void AwaitNoSet() {
    while (sets_ != 0) sched_yield();
  }

  std::atomic<int> sets_{0};
  FakePlatform platform_;
  const Channel pipe_ = MakePipe();
  const int fd_ = pipe_.reader.number();
  Waiter waiter_;
};

TEST_F(PollerTest, TakesNothingBeforeTheFirstWaiter) {
  Poller poller(platform_, kForEver);
  EXPECT_EQ(sets_, 0);
  EXPECT_EQ(platform_.resource_calls(), 0);
}

TEST_F(PollerTest, TellsAWaiterOnceAndServesAnyNumberByOneThread) {
  const Channel other = MakePipe();
  Waiter other_waiter;
  Poller poller(platform_, kForEver);
  platform_.FailResource(-1);
  ASSERT_EQ(poller.Enter(&waiter_, fd_, kRead), 0);
  ASSERT_EQ(poller.Enter(&other_waiter, other.reader.number(), kRead), 0);
  Send(pipe_.writer.number(), "x");
  EXPECT_EQ(waiter_.Await(), kRead);
  Send(other.writer.number(), "y");
  EXPECT_EQ(other_waiter.Await(), kRead);
  EXPECT_EQ(waiter_.times(), 1);
  poller.Left();
  poller.Left();
  EXPECT_EQ(sets_, 1);
  EXPECT_EQ(platform_.resource_calls(), 1);  // the thread
}

TEST_F(PollerTest, WaitsOnForWhatIsRearmed) {
  const Channel sockets = MakeSockets();
  const int fd = sockets.reader.number();
  const size_t filled = Fill(fd);
  Poller poller(platform_, kForEver);
  ASSERT_EQ(poller.Enter(&waiter_, fd, kBothDirections), 0);
  Send(sockets.writer.number(), "x");
  EXPECT_EQ(waiter_.Await(1), kRead);
  ASSERT_EQ(poller.Rearm(&waiter_, fd, kWrite), 0);
  Receive(sockets.writer.number(), filled);
  EXPECT_EQ(waiter_.Await(2), kWrite);
  poller.Left();
}

TEST_F(PollerTest, ClosesEverythingAndLeavesWhenIdle) {
  Poller poller(platform_, 0);
  ASSERT_EQ(poller.Enter(&waiter_, fd_, kRead), 0);
  EXPECT_EQ(sets_, 1);
  poller.Left();
  AwaitNoSet();
  // And comes back for the next.
  Send(pipe_.writer.number(), "x");
  ASSERT_EQ(poller.Enter(&waiter_, fd_, kRead), 0);
  EXPECT_EQ(waiter_.Await(), kRead);
  poller.Left();
  AwaitNoSet();
}

TEST_F(PollerTest, StaysWhileAnybodyWaits) {
  Waiter other;
  const Channel other_pipe = MakePipe();
  Poller poller(platform_, 0);
  ASSERT_EQ(poller.Enter(&waiter_, fd_, kRead), 0);
  ASSERT_EQ(poller.Enter(&other, other_pipe.reader.number(), kRead), 0);
  Send(other_pipe.writer.number(), "x");
  other.Await();
  poller.Left();
  EXPECT_EQ(sets_, 1);
  Send(pipe_.writer.number(), "x");
  EXPECT_EQ(waiter_.Await(), kRead);
  poller.Left();
  AwaitNoSet();
}

// J1: a new idle time acts on an idle thread.
TEST_F(PollerTest, ShorterIdleTimeActsAtOnce) {
  Poller poller(platform_, kForEver);
  ASSERT_EQ(poller.Enter(&waiter_, fd_, kRead), 0);
  poller.Left();
  EXPECT_EQ(sets_, 1);
  poller.Configure(0);
  AwaitNoSet();
}

TEST_F(PollerTest, LeavesWhenDestroyedThoughNotIdleForLong) {
  {
    Poller poller(platform_, kForEver);
    ASSERT_EQ(poller.Enter(&waiter_, fd_, kRead), 0);
    poller.Left();
  }
  EXPECT_EQ(sets_, 0);
}

TEST_F(PollerTest, FailsCleanlyWithoutASet) {
  Poller poller(platform_, 0);
  platform_.ChooseReadiness([] { return nullptr; });
  EXPECT_EQ(poller.Enter(&waiter_, fd_, kRead), -EAGAIN);
  platform_.ChooseReadiness([this] { return new CountedReadiness(sets_); });
  Send(pipe_.writer.number(), "x");
  ASSERT_EQ(poller.Enter(&waiter_, fd_, kRead), 0);
  EXPECT_EQ(waiter_.Await(), kRead);
  poller.Left();
}

TEST_F(PollerTest, WithoutAThreadTellsWhenItIsAskedToLook) {
  Poller poller(platform_, 0);
  platform_.FailAllResources(true);
  ASSERT_EQ(poller.Enter(&waiter_, fd_, kRead), 0);
  EXPECT_NE(poller.retry_time(), kNever);
  poller.Retry();
  EXPECT_EQ(waiter_.times(), 0);
  Send(pipe_.writer.number(), "x");
  poller.Retry();
  EXPECT_EQ(waiter_.times(), 1);
  EXPECT_NE(poller.retry_time(), kNever);
  poller.Left();
  poller.Retry();
  EXPECT_EQ(poller.retry_time(), kNever);
  EXPECT_EQ(sets_, 0);
}

TEST_F(PollerTest, StartsTheThreadThatCouldNotBeHad) {
  Poller poller(platform_, 0);
  platform_.FailAllResources(true);
  ASSERT_EQ(poller.Enter(&waiter_, fd_, kRead), 0);
  platform_.FailAllResources(false);
  poller.Retry();
  EXPECT_EQ(poller.retry_time(), kNever);
  Send(pipe_.writer.number(), "x");
  EXPECT_EQ(waiter_.Await(), kRead);
  poller.Left();
  AwaitNoSet();
}

TEST_F(PollerTest, RefusesWhatCannotBeWaitedForAndDoesNotCountIt) {
  std::string name = ::testing::TempDir() + "/file.XXXXXX";
  const Descriptor file(mkstemp(name.data()));
  unlink(name.c_str());
  Poller poller(platform_, 0);
  EXPECT_EQ(poller.Enter(&waiter_, file.number(), kRead), -EPERM);
  AwaitNoSet();
}

}  // namespace
}  // namespace aioemul::testing
