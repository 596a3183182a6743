// aio_suspend (contract D1, D2, D3, D5).

#include <aio.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "aio/aio.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

constexpr timespec kPoll = {0, 0};
constexpr timespec kShort = {0, 1};
constexpr timespec kLong = {3600, 0};

class SuspendTest : public EngineTest {
 protected:
  using List = std::vector<const aiocb*>;

  int Suspend(const List& list, const timespec* timeout = nullptr) {
    return engine().Suspend(list.data(), static_cast<int>(list.size()),
                            timeout);
  }

  // Reads that will be held, or would be if there were workers enough.
  std::vector<aiocb> HeldReads(size_t count) {
    platform.HoldTransfers();
    return std::vector<aiocb>(count, ReadBlock(file_.fd(), buffer_));
  }
  void SubmitAll(std::vector<aiocb>& blocks) {
    for (aiocb& block : blocks) ASSERT_EQ(engine().Read(&block), 0);
  }
  void ExpectAllSucceed(std::vector<aiocb>& blocks) {
    for (aiocb& block : blocks) EXPECT_EQ(Await(block), Success(5));
  }

  const TempFile file_{"hello world"};
  std::string buffer_ = "12345";
};

// D1
TEST_F(SuspendTest, ReturnsWhenAnyIsComplete) {
  options.threads.value = 1;
  std::vector<aiocb> blocks = HeldReads(3);
  SubmitAll(blocks);
  platform.AwaitHeld(1);
  std::thread releaser([&] {
    platform.AwaitSuspended(1);
    platform.ReleaseHeld(1);
  });
  EXPECT_EQ(Suspend({&blocks[2], nullptr, &blocks[1], &blocks[0]}), 0);
  releaser.join();
  EXPECT_EQ(Take(blocks[0]), Success(5));
  EXPECT_EQ(ErrorOf(blocks[1]), EINPROGRESS);
  platform.ReleaseAll();
  EXPECT_EQ(Await(blocks[1]), Success(5));
  EXPECT_EQ(Await(blocks[2]), Success(5));
}

// D1
TEST_F(SuspendTest, ReturnsAtOnceWhenOneWasComplete) {
  aiocb complete = ReadBlock(file_.fd(), buffer_);
  ASSERT_EQ(engine().Read(&complete), 0);
  AwaitThat([&] { return ErrorOf(complete) != EINPROGRESS; });
  std::vector<aiocb> blocks = HeldReads(1);
  SubmitAll(blocks);
  for (const timespec* timeout : {&kPoll, &kLong}) {
    EXPECT_EQ(Suspend({&blocks[0], &complete}, timeout), 0);
  }
  EXPECT_EQ(Suspend({&blocks[0], &complete}), 0);
  // Whoever has no result is not in progress either.
  EXPECT_EQ(Take(complete), Success(5));
  EXPECT_EQ(Suspend({&blocks[0], &complete}), 0);
  platform.ReleaseAll();
  ExpectAllSucceed(blocks);
}

// D1
TEST_F(SuspendTest, ReturnsWhenOneIsCancelled) {
  options.threads.value = 1;
  std::vector<aiocb> blocks = HeldReads(2);
  SubmitAll(blocks);
  platform.AwaitHeld(1);
  std::thread canceller([&] {
    platform.AwaitSuspended(1);
    EXPECT_EQ(engine().Cancel(file_.fd(), &blocks[1]), AIO_CANCELED);
  });
  EXPECT_EQ(Suspend({&blocks[0], &blocks[1]}), 0);
  canceller.join();
  EXPECT_EQ(Take(blocks[1]), Failure(ECANCELED));
  platform.ReleaseAll();
  EXPECT_EQ(Await(blocks[0]), Success(5));
}

// D1: also when it takes several requests at once, each named twice.
TEST_F(SuspendTest, TakesHundredsOfEntries) {
  options.threads.value = 1;
  std::vector<aiocb> blocks = HeldReads(300);
  SubmitAll(blocks);
  List list;
  for (const aiocb& block : blocks) {
    list.insert(list.end(), {&block, nullptr, &block});
  }
  platform.AwaitHeld(1);
  std::thread releaser([&] {
    platform.AwaitSuspended(1);
    EXPECT_EQ(engine().Cancel(file_.fd(), &blocks[299]), AIO_CANCELED);
  });
  EXPECT_EQ(Suspend(list), 0);
  releaser.join();
  EXPECT_EQ(Take(blocks[299]), Failure(ECANCELED));
  blocks.pop_back();
  platform.ReleaseAll();
  ExpectAllSucceed(blocks);
}

// D2
TEST_F(SuspendTest, EndsWithItsTimeout) {
  std::vector<aiocb> blocks = HeldReads(1);
  SubmitAll(blocks);
  EXPECT_EQ(Suspend({&blocks[0]}, &kPoll), -EAGAIN);
  EXPECT_EQ(Suspend({&blocks[0]}, &kShort), -EAGAIN);
  EXPECT_EQ(Suspend({nullptr, &blocks[0], &blocks[0]}, &kPoll), -EAGAIN);
  platform.ReleaseAll();
  ExpectAllSucceed(blocks);
}

// D2: not before the time.
TEST_F(SuspendTest, WaitsItsTimeoutOut) {
  std::vector<aiocb> blocks = HeldReads(1);
  SubmitAll(blocks);
  constexpr timespec kTimeout = {0, 20'000'000};
  for (const List& list : {List{&blocks[0]}, List{nullptr}, List{}}) {
    const MonotonicTime start = platform.Now();
    EXPECT_EQ(Suspend(list, &kTimeout), -EAGAIN);
    EXPECT_GE(platform.Now() - start, kTimeout.tv_nsec);
  }
  platform.ReleaseAll();
  ExpectAllSucceed(blocks);
}

// D2: a time beyond the clock's range never comes.
TEST_F(SuspendTest, TakesTheLongestTimeout) {
  std::vector<aiocb> blocks = HeldReads(1);
  SubmitAll(blocks);
  std::thread releaser([&] {
    platform.AwaitSuspended(1);
    platform.ReleaseAll();
  });
  const timespec forever = {std::numeric_limits<time_t>::max(), 999'999'999};
  EXPECT_EQ(Suspend({&blocks[0]}, &forever), 0);
  releaser.join();
  ExpectAllSucceed(blocks);
}

// D2
TEST_F(SuspendTest, RefusesInvalidTimes) {
  std::vector<aiocb> blocks = HeldReads(1);
  SubmitAll(blocks);
  constexpr std::array<timespec, 5> kInvalid = {
      {{-1, 0}, {0, -1}, {0, 1'000'000'000}, {1, LONG_MAX}, {0, LONG_MIN}}};
  for (const timespec& timeout : kInvalid) {
    EXPECT_EQ(Suspend({&blocks[0]}, &timeout), -EINVAL);
  }
  platform.ReleaseAll();
  ExpectAllSucceed(blocks);
}

// D2
TEST_F(SuspendTest, RefusesToWaitForNothingForEver) {
  EXPECT_EQ(Suspend({}), -EINVAL);
  EXPECT_EQ(Suspend({nullptr, nullptr}), -EINVAL);
  EXPECT_EQ(Suspend({}, &kPoll), -EAGAIN);
  EXPECT_EQ(Suspend({nullptr}, &kShort), -EAGAIN);
}

// D3
TEST_F(SuspendTest, RefusesANegativeCount) {
  aiocb block = {};
  const aiocb* const list[] = {&block};
  EXPECT_EQ(engine().Suspend(list, -1, nullptr), -EINVAL);
  EXPECT_EQ(engine().Suspend(list, INT_MIN, &kPoll), -EINVAL);
  EXPECT_EQ(engine().Suspend(nullptr, 1, &kPoll), -EINVAL);
}

// D5
TEST_F(SuspendTest, IsWokenForItsOwnRequestsOnly) {
  constexpr size_t kThreads = 100;
  options.threads.value = 1;
  platform.CaptureSignals(/*limit=*/kThreads);
  std::vector<aiocb> blocks = HeldReads(kThreads);
  for (aiocb& block : blocks) block.aio_sigevent = SignalEvent(SIGUSR1);
  SubmitAll(blocks);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kThreads; ++i) {
    const List list(i % 2 + 1, &blocks[i]);  // for one, and for several
    threads.emplace_back([this, list] { EXPECT_EQ(Suspend(list), 0); });
  }
  for (size_t i = 0; i < kThreads; ++i) {
    platform.AwaitSuspended(kThreads - i);
    platform.AwaitHeld(1);
    platform.ReleaseHeld(1);
    // Sent when whoever is to be woken has been.
    platform.AwaitSignals(1);
    EXPECT_LE(platform.suspended_wakes(), static_cast<int>(i) + 1);
  }
  for (std::thread& thread : threads) thread.join();
  platform.ReleaseAll();
  ExpectAllSucceed(blocks);
}

// D1, D5: more threads than can be told apart lose no wake-up.
TEST_F(SuspendTest, HasRoomForAnyNumberOfThreads) {
  constexpr size_t kThreads = 80;
  options.threads.value = 1;
  std::vector<aiocb> blocks = HeldReads(kThreads);
  SubmitAll(blocks);
  std::vector<std::thread> threads;
  for (aiocb& block : blocks) {
    threads.emplace_back([&] {
      EXPECT_EQ(Suspend({&block}), 0);
      EXPECT_NE(ErrorOf(block), EINPROGRESS);
    });
  }
  platform.AwaitSuspended(kThreads);
  for (size_t i = 0; i < kThreads; ++i) {
    platform.AwaitHeld(1);
    platform.ReleaseHeld(1);
  }
  for (std::thread& thread : threads) thread.join();
  ExpectAllSucceed(blocks);
}

// D1: several threads may wait for one request.
TEST_F(SuspendTest, WakesEveryThreadThatWaitsForTheRequest) {
  std::vector<aiocb> blocks = HeldReads(1);
  SubmitAll(blocks);
  std::vector<std::thread> threads;
  for (int i = 0; i < 5; ++i) {
    threads.emplace_back([&] { EXPECT_EQ(Suspend({&blocks[0]}), 0); });
  }
  platform.AwaitSuspended(5);
  platform.ReleaseAll();
  for (std::thread& thread : threads) thread.join();
  ExpectAllSucceed(blocks);
}

TEST(CSuspendTest, SetsErrno) {
  const Channel pipe = Channel::Pipe();
  std::string buffer(4, ' ');
  aiocb block = ReadBlock(pipe.first(), buffer);
  const aiocb* list[] = {&block, nullptr};
  ASSERT_EQ(aioemul_read(&block), 0);
  errno = 0;
  EXPECT_EQ(aioemul_suspend(list, 2, &kPoll), -1);
  EXPECT_EQ(errno, EAGAIN);
  EXPECT_EQ(aioemul_suspend(list, -1, nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
  errno = 0;
  EXPECT_EQ(aioemul_suspend(nullptr, 0, nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
  ASSERT_EQ(write(pipe.second(), "text", 4), 4);
  EXPECT_EQ(aioemul_suspend(list, 2, nullptr), 0);
  EXPECT_EQ(aioemul_return(&block), 4);
}

}  // namespace
}  // namespace aioemul::testing
