// aio_init and the limits (contract J1, J3, A6).

#include <aio.h>
#include <fcntl.h>
#include <signal.h>

#include <cerrno>
#include <climits>
#include <vector>

#include "aio/aio.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

class TuningTest : public EngineTest {
 protected:
  void SetThreads(int threads) {
    engine().Configure(threads, options.reserve.value, options.idle_time.value);
  }

  std::vector<aiocb> MakeWrites(size_t count) {
    std::vector<aiocb> blocks(count);
    for (aiocb& block : blocks) block = WriteBlock(file_.fd(), "hello");
    return blocks;
  }
  void Submit(std::vector<aiocb>& blocks) {
    for (aiocb& block : blocks) ASSERT_EQ(engine().Write(&block), 0);
  }
  void ExpectAllSucceed(std::vector<aiocb>& blocks) {
    for (aiocb& block : blocks) EXPECT_EQ(Await(block), Success(5));
  }

  const TempFile file_{"hello world"};
};

// J1: with requests waiting.
TEST_F(TuningTest, ThePoolGrowsAtOnce) {
  options.threads.value = 1;
  platform.HoldTransfers();
  std::vector<aiocb> blocks = MakeWrites(6);
  Submit(blocks);
  platform.AwaitHeld(1);
  EXPECT_EQ(engine().thread_count(), 1);
  SetThreads(5);
  platform.AwaitHeld(5);
  EXPECT_EQ(engine().thread_count(), 5);
  platform.ReleaseAll();
  ExpectAllSucceed(blocks);
}

// J1: workers leave after what they do; the requests go on.
TEST_F(TuningTest, ThePoolShrinksAsWorkersFinish) {
  options.threads.value = 4;
  options.idle_time.value = 1'000'000;
  platform.HoldTransfers();
  std::vector<aiocb> blocks = MakeWrites(8);
  Submit(blocks);
  platform.AwaitHeld(4);
  SetThreads(1);
  platform.ReleaseHeld(4);
  for (size_t done = 4; done < blocks.size(); ++done) {
    platform.AwaitHeld(1);
    AwaitThat([&] { return engine().thread_count() == 1; });
    platform.ReleaseHeld(1);
  }
  ExpectAllSucceed(blocks);
  EXPECT_EQ(engine().thread_count(), 1);
}

// J1: the idle ones do not wait for their time.
TEST_F(TuningTest, IdleWorkersLeaveAShrinkingPoolAtOnce) {
  options.threads.value = 4;
  options.idle_time.value = 1'000'000;
  platform.HoldTransfers();
  std::vector<aiocb> blocks = MakeWrites(4);
  Submit(blocks);
  platform.AwaitHeld(4);
  platform.ReleaseAll();
  ExpectAllSucceed(blocks);
  SetThreads(1);
  AwaitThat([&] { return engine().thread_count() <= 1; });
  Submit(blocks);
  ExpectAllSucceed(blocks);
}

// J1
TEST_F(TuningTest, ChangesWhileRequestsRunLoseNothing) {
  std::vector<aiocb> blocks = MakeWrites(64);
  for (int round = 0; round < 50; ++round) {
    for (size_t i = 0; i < blocks.size(); ++i) {
      ASSERT_EQ(engine().Write(&blocks[i]), 0);
      if (i % 8 == 0) {
        engine().Configure(1 + round % 5, round, round % 3 == 0 ? 0 : 1);
      }
    }
    ExpectAllSucceed(blocks);
  }
}

// J1: values out of range are moved into it.
TEST_F(TuningTest, ClampsWhatItIsGiven) {
  for (const int wild : {INT_MIN, -1, 0}) {
    engine().Configure(wild, wild, wild);
    std::vector<aiocb> blocks = MakeWrites(4);
    Submit(blocks);
    ExpectAllSucceed(blocks);
    EXPECT_LE(engine().thread_count(), 1);
  }
}

// J1: aio_num sets memory aside.
TEST_F(TuningTest, ReservedRequestsNeedNoMemory) {
  options.threads.value = 1;
  std::vector<aiocb> blocks = MakeWrites(600);
  blocks.resize(1);
  Submit(blocks);
  ExpectAllSucceed(blocks);
  engine().Configure(1, 600, 1'000'000);
  const int before = platform.total_allocations();
  platform.HoldTransfers();
  blocks = MakeWrites(600);
  Submit(blocks);
  EXPECT_EQ(platform.total_allocations(), before);
  platform.ReleaseAll();
  ExpectAllSucceed(blocks);
}

// J3
TEST_F(TuningTest, IdleWorkersExit) {
  options.idle_time.value = 0;
  platform.HoldTransfers();
  for (int round = 0; round < 10; ++round) {
    std::vector<aiocb> blocks = MakeWrites(5);
    platform.HoldTransfers();
    Submit(blocks);
    platform.AwaitHeld(5);
    platform.ReleaseAll();
    ExpectAllSucceed(blocks);
    AwaitThat([&] { return engine().thread_count() == 0; });
  }
}

// J3, J1: a shorter time counts for those idle already.
TEST_F(TuningTest, AShorterIdleTimeActsAtOnce) {
  options.idle_time.value = 1'000'000;
  std::vector<aiocb> blocks = MakeWrites(2);
  Submit(blocks);
  ExpectAllSucceed(blocks);
  EXPECT_GT(engine().thread_count(), 0);
  engine().Configure(options.threads.value, 0, 1);
  AwaitThat([&] { return engine().thread_count() == 0; });
}

// J3, A6: an accepted request keeps its worker, however long it must wait for
// its notification.
TEST_F(TuningTest, TheLastWorkerStaysWhileItIsNeeded) {
  options.idle_time.value = 0;
  platform.CaptureSignals(/*limit=*/0);
  aiocb block = WriteBlock(file_.fd(), "hello");
  block.aio_sigevent = SignalEvent(SIGUSR1, 7);
  ASSERT_EQ(engine().Write(&block), 0);
  EXPECT_EQ(Await(block), Success(5));
  // It has been tried often, and long after the idle time.
  AwaitThat([&] { return platform.refused_signals() >= 5; });
  // While it asks whether it may leave, it is not counted.
  AwaitThat([&] { return engine().thread_count() == 1; });
  platform.CaptureSignals(/*limit=*/1);
  EXPECT_EQ(platform.AwaitSignals(1)[0].value.sival_int, 7);
  AwaitThat([&] { return engine().thread_count() == 0; });
}

// J1: who sees to a notification that is kept back is not one more worker for
// transfers.
TEST_F(TuningTest, AKeptNotificationAllowsNoMoreTransfersAtOnce) {
  options.threads.value = 1;
  platform.CaptureSignals(/*limit=*/0);
  aiocb notifying = WriteBlock(file_.fd(), "hello");
  notifying.aio_sigevent = SignalEvent(SIGUSR1, 7);
  ASSERT_EQ(engine().Write(&notifying), 0);
  EXPECT_EQ(Await(notifying), Success(5));
  AwaitThat([&] { return platform.refused_signals() > 0; });
  platform.HoldTransfers();
  std::vector<aiocb> blocks = MakeWrites(2);
  Submit(blocks);
  platform.AwaitHeld(1);
  // Both have been there for several of its rounds.
  const size_t refused = platform.refused_signals();
  AwaitThat([&] {
    return platform.refused_signals() > refused + 3 ||
           platform.transfers().size() > 2;
  });
  EXPECT_EQ(platform.transfers().size(), 2U);
  platform.CaptureSignals(/*limit=*/1);
  platform.AwaitSignals(1);
  platform.ReleaseAll();
  ExpectAllSucceed(blocks);
}

// A6
TEST_F(TuningTest, TheLimitOnRequestsIsKept) {
  options.max_requests.value = 2;
  platform.HoldTransfers();
  std::vector<aiocb> blocks = MakeWrites(2);
  Submit(blocks);
  aiocb surplus = WriteBlock(file_.fd(), "hello");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(engine().Write(&surplus), -EAGAIN);
    EXPECT_EQ(Take(surplus), Failure(EAGAIN));
  }
  EXPECT_EQ(engine().Sync(O_SYNC, &surplus), -EAGAIN);
  // A result that can be seen is a place that is free.
  platform.AwaitHeld(2);
  platform.ReleaseHeld(1);
  AwaitThat([&] {
    return ErrorOf(blocks[0]) != EINPROGRESS ||
           ErrorOf(blocks[1]) != EINPROGRESS;
  });
  EXPECT_EQ(engine().Write(&surplus), 0);
  platform.ReleaseAll();
  EXPECT_EQ(Await(surplus), Success(5));
  ExpectAllSucceed(blocks);
}

// A6: a cancelled request holds no place.
TEST_F(TuningTest, ACancellationMakesRoom) {
  options.max_requests.value = 2;
  options.threads.value = 1;
  platform.HoldTransfers();
  std::vector<aiocb> blocks = MakeWrites(2);
  Submit(blocks);
  platform.AwaitHeld(1);
  ASSERT_EQ(engine().Cancel(file_.fd(), &blocks[1]), AIO_CANCELED);
  ASSERT_EQ(engine().Write(&blocks[1]), 0);
  platform.ReleaseAll();
  ExpectAllSucceed(blocks);
}

// J1, at the C boundary.
TEST(CTuningTest, TakesAnything) {
  aioemul_init(nullptr);
  aioinit init = {};
  init.aio_threads = INT_MAX;
  init.aio_num = -1;
  init.aio_idle_time = INT_MAX;
  aioemul_init(&init);
  const TempFile file;
  aiocb block = WriteBlock(file.fd(), "text");
  aiocb* const list[] = {&block};
  EXPECT_EQ(aioemul_listio(LIO_WAIT, list, 1, nullptr), 0);
  EXPECT_EQ(aioemul_return(&block), 4);
}

}  // namespace
}  // namespace aioemul::testing
