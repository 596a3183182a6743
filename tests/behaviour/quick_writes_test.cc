// Writes into memory take turns anyway, and are left to one worker while they
// are quick and few wait (contract B1, B3).  The clock is the test's, and no
// byte reaches a file.

#include <aio.h>
#include <fcntl.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "emul/engine.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"
#include "tests/support/forwarding_platform.h"

namespace aioemul::testing {
namespace {

constexpr MonotonicTime kQuick = 100'000;
constexpr MonotonicTime kSlow = kQuick + 1;
constexpr int kMany = 16;  // this many quick writes in a row will do
constexpr int kFew = 16;   // and no more may wait

class TimedPlatform final : public ForwardingPlatform {
 public:
  MonotonicTime Now() override { return clock_; }
  // Sleeps as long as the clock would say, and moves it then.
  int Wait(const std::atomic<uint32_t>& word, uint32_t expected,
           MonotonicTime deadline) override {
    if (deadline == kNever) {
      return ForwardingPlatform::Wait(word, expected, kNever);
    }
    const int result = ForwardingPlatform::Wait(
        word, expected, ForwardingPlatform::Now() + deadline - clock_);
    if (result == -ETIMEDOUT) clock_ = deadline;
    return result;
  }
  ssize_t WriteAt(int /*fd*/, const void* /*buffer*/, size_t count,
                  off_t offset) override {
    Transfer(offset);
    clock_ += duration;
    return static_cast<ssize_t>(count);
  }
  ssize_t ReadAt(int /*fd*/, void* /*buffer*/, size_t count,
                 off_t offset) override {
    Transfer(offset);
    return static_cast<ssize_t>(count);
  }
  // No reads but these.
  ssize_t ReadCached(int /*fd*/, void* /*buffer*/, size_t /*count*/,
                     off_t /*offset*/) override {
    return -EAGAIN;
  }

  void Hold() {
    const std::lock_guard lock(mutex_);
    holding_ = true;
    begun_.clear();
  }
  void Release() {
    const std::lock_guard lock(mutex_);
    holding_ = false;
    changed_.notify_all();
  }
  // Waits until `count` transfers have been begun since Hold; their offsets.
  std::vector<off_t> AwaitBegun(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return begun_.size() >= count; });
    return begun_;
  }

  std::atomic<MonotonicTime> duration{kQuick};  // of a write

 private:
  void Transfer(off_t offset) {
    std::unique_lock lock(mutex_);
    begun_.push_back(offset);
    changed_.notify_all();
    changed_.wait(lock, [&] { return !holding_; });
  }

  std::atomic<MonotonicTime> clock_{1'000'000'000'000};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool holding_ = false;
  std::vector<off_t> begun_;
};

// Whether a worker is called for is told by the number of threads, since the
// only one there is busy.
class QuickWritesTest : public ::testing::Test {
 protected:
  QuickWritesTest() {
    options_.threads.value = 1;
    options_.idle_time.value = options_.idle_time.most;
    options_.spin.value = 0;
  }
  ~QuickWritesTest() override {
    platform_.Release();
    for (aiocb& block : blocks_) EXPECT_EQ(Await(*engine_, block), Success(1));
  }

  Engine& engine() {
    if (engine_ == nullptr) {
      engine_ = std::make_unique<Engine>(options_, platform_);
    }
    return *engine_;
  }
  // No write goes on where the one before it ends.
  aiocb NextWrite(const TempFile& file) {
    offset_ += 10;
    return WriteBlock(file.fd(), "x", offset_);
  }
  void WriteInTurn(int count, MonotonicTime duration,
                   const TempFile* file = nullptr) {
    platform_.duration = duration;
    for (int i = 0; i < count; ++i) {
      aiocb block = NextWrite(file != nullptr ? *file : file_);
      ASSERT_EQ(engine().Write(&block), 0);
      EXPECT_EQ(Await(engine(), block), Success(1));
    }
  }
  void Write(const TempFile* file = nullptr) {
    blocks_.push_back(NextWrite(file != nullptr ? *file : file_));
    EXPECT_EQ(engine().Write(&blocks_.back()), 0);
  }
  void Read() {
    blocks_.push_back(ReadBlock(file_.fd(), &byte_, 1, 5));
    EXPECT_EQ(engine().Read(&blocks_.back()), 0);
  }
  // Has one write under way, and allows more workers.
  void HoldAWrite(const TempFile* file = nullptr) {
    platform_.Hold();
    Write(file);
    platform_.AwaitBegun(1);
    engine().Configure(/*threads=*/8, /*reserve=*/0, /*idle_time=*/0);
    EXPECT_EQ(workers(), 1);
  }
  int workers() { return engine().thread_count(); }

  TimedPlatform platform_;
  Options options_;
  std::unique_ptr<Engine> engine_;
  const TempFile file_;
  std::deque<aiocb> blocks_;
  off_t offset_ = 0;
  char byte_ = 0;
};

TEST_F(QuickWritesTest, AFewAreLeftToTheOneWhoWrites) {
  WriteInTurn(kMany, kQuick);
  HoldAWrite();
  for (int i = 0; i < kFew; ++i) Write();
  EXPECT_EQ(workers(), 1);
  // Who sees to them all.
  platform_.Release();
  platform_.AwaitBegun(1 + kFew);
  for (aiocb& block : blocks_) EXPECT_EQ(Await(engine(), block), Success(1));
  blocks_.clear();
  EXPECT_EQ(workers(), 1);
}

TEST_F(QuickWritesTest, WhenManyWaitAnotherIsCalled) {
  WriteInTurn(kMany, kQuick);
  HoldAWrite();
  for (int i = 0; i < kFew + 1; ++i) Write();
  EXPECT_EQ(workers(), 2);
}

// B3
TEST_F(QuickWritesTest, ThatManyMustHaveBeenQuick) {
  WriteInTurn(kMany - 1, kQuick);
  HoldAWrite();
  Write();
  EXPECT_EQ(workers(), 2);
  EXPECT_EQ(platform_.AwaitBegun(2).size(), 2U);
}

TEST_F(QuickWritesTest, ASlowOneEndsIt) {
  WriteInTurn(kMany, kQuick);
  WriteInTurn(1, kSlow);
  WriteInTurn(kMany - 1, kQuick);
  HoldAWrite();
  Write();
  EXPECT_EQ(workers(), 2);
}

// The first write that waits is started in its turn, and then the read.
TEST_F(QuickWritesTest, ReadsAreNotHeldBack) {
  WriteInTurn(kMany, kQuick);
  HoldAWrite();
  Write();
  Read();
  const std::vector<off_t> begun = platform_.AwaitBegun(3);
  EXPECT_TRUE(begun[1] == 5 || begun[2] == 5);
}

TEST_F(QuickWritesTest, OtherDescriptorsAreNotHeldBack) {
  const TempFile other;
  WriteInTurn(kMany, kQuick);
  WriteInTurn(kMany, kQuick, &other);
  HoldAWrite();
  Write(&other);
  EXPECT_EQ(platform_.AwaitBegun(2).size(), 2U);
}

TEST_F(QuickWritesTest, OnlyWritesIntoMemoryTakeTurns) {
  const TempFile durable("", O_DSYNC);
  WriteInTurn(kMany, kQuick, &durable);
  HoldAWrite(&durable);
  Write(&durable);
  EXPECT_EQ(workers(), 2);
}

// A5: one that reaches beyond the offset maximum is no part of any run.
TEST_F(QuickWritesTest, AWriteAtTheOffsetMaximumChangesNothing) {
  aiocb last = WriteBlock(file_.fd(), "xyz", kOffsetMaximum - 1);
  ASSERT_EQ(engine().Write(&last), 0);
  EXPECT_EQ(Await(engine(), last), Success(1));
  WriteInTurn(kMany, kQuick);
  HoldAWrite();
  Write();
  EXPECT_EQ(workers(), 1);
}

TEST_F(QuickWritesTest, NothingIsLeftWhenThatIsOff) {
  options_.merge_bytes.value = 0;
  WriteInTurn(kMany, kQuick);
  HoldAWrite();
  Write();
  EXPECT_EQ(workers(), 2);
}

}  // namespace
}  // namespace aioemul::testing
