// aio_cancel (contract E1, E2, E4).

#include <aio.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <thread>
#include <vector>

#include "aio/aio.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

class CancelTest : public EngineTest {
 protected:
  // One worker, so that the first request runs, held, and the others are
  // queued.
  CancelTest() {
    options.threads.value = 1;
    platform.HoldTransfers();
  }

  void SubmitWrites(std::vector<aiocb>& blocks) {
    for (aiocb& block : blocks) ASSERT_EQ(engine().Write(&block), 0);
    platform.AwaitHeld(1);
  }

  int Cancel(aiocb& block) { return engine().Cancel(block.aio_fildes, &block); }

  const TempFile file_;
  const TempFile appended_{"", O_APPEND};
};

// E1
TEST_F(CancelTest, OfAQueuedRequest) {
  std::vector<aiocb> blocks(3, WriteBlock(file_.fd(), "text"));
  SubmitWrites(blocks);
  EXPECT_EQ(Cancel(blocks[1]), AIO_CANCELED);
  EXPECT_EQ(Take(blocks[1]), Failure(ECANCELED));
  EXPECT_EQ(ErrorOf(blocks[2]), EINPROGRESS);
  platform.ReleaseAll();
  EXPECT_EQ(Await(blocks[0]), Success(4));
  EXPECT_EQ(Await(blocks[2]), Success(4));
  EXPECT_EQ(platform.transfers().size(), 2U);
}

// E1
TEST_F(CancelTest, OfARunningRequest) {
  std::vector<aiocb> blocks(1, WriteBlock(file_.fd(), "text"));
  SubmitWrites(blocks);
  EXPECT_EQ(Cancel(blocks[0]), AIO_NOTCANCELED);
  EXPECT_EQ(ErrorOf(blocks[0]), EINPROGRESS);
  platform.ReleaseAll();
  EXPECT_EQ(Await(blocks[0]), Success(4));
}

// E1
TEST_F(CancelTest, OfAFinishedRequest) {
  std::vector<aiocb> blocks(1, WriteBlock(file_.fd(), "text"));
  EXPECT_EQ(Cancel(blocks[0]), AIO_ALLDONE);
  SubmitWrites(blocks);
  platform.ReleaseAll();
  AwaitThat([&] { return ErrorOf(blocks[0]) != EINPROGRESS; });
  EXPECT_EQ(Cancel(blocks[0]), AIO_ALLDONE);
  EXPECT_EQ(Take(blocks[0]), Success(4));
  EXPECT_EQ(Cancel(blocks[0]), AIO_ALLDONE);
}

// E1
TEST_F(CancelTest, OfACancelledRequest) {
  std::vector<aiocb> blocks(2, WriteBlock(file_.fd(), "text"));
  SubmitWrites(blocks);
  EXPECT_EQ(Cancel(blocks[1]), AIO_CANCELED);
  EXPECT_EQ(Cancel(blocks[1]), AIO_ALLDONE);
  EXPECT_EQ(Take(blocks[1]), Failure(ECANCELED));
  // And it may be used again.
  ASSERT_EQ(engine().Write(&blocks[1]), 0);
  platform.ReleaseAll();
  EXPECT_EQ(Await(blocks[1]), Success(4));
  EXPECT_EQ(Await(blocks[0]), Success(4));
}

// E1
TEST_F(CancelTest, SendsTheNotification) {
  platform.CaptureSignals(/*limit=*/10);
  std::vector<aiocb> blocks(3, WriteBlock(file_.fd(), "text"));
  for (int i = 0; i < 3; ++i) {
    blocks[static_cast<size_t>(i)].aio_sigevent = SignalEvent(SIGUSR1, i);
  }
  SubmitWrites(blocks);
  EXPECT_EQ(Cancel(blocks[2]), AIO_CANCELED);
  EXPECT_EQ(platform.AwaitSignals(1)[0].value.sival_int, 2);
  EXPECT_EQ(engine().Cancel(file_.fd(), nullptr), AIO_NOTCANCELED);
  EXPECT_EQ(platform.AwaitSignals(1)[0].value.sival_int, 1);
  platform.ReleaseAll();
  EXPECT_EQ(platform.AwaitSignals(1)[0].value.sival_int, 0);
  EXPECT_EQ(Take(blocks[0]), Success(4));
}

// E2
TEST_F(CancelTest, OfADescriptorWithARunningRequest) {
  std::vector<aiocb> blocks(5, WriteBlock(file_.fd(), "text"));
  blocks[3].aio_reqprio = 7;
  const TempFile other;
  aiocb untouched = WriteBlock(other.fd(), "text");
  SubmitWrites(blocks);
  ASSERT_EQ(engine().Write(&untouched), 0);
  EXPECT_EQ(engine().Cancel(file_.fd(), nullptr), AIO_NOTCANCELED);
  for (size_t i = 1; i < blocks.size(); ++i) {
    EXPECT_EQ(Take(blocks[i]), Failure(ECANCELED));
  }
  EXPECT_EQ(ErrorOf(blocks[0]), EINPROGRESS);
  EXPECT_EQ(ErrorOf(untouched), EINPROGRESS);
  platform.ReleaseAll();
  EXPECT_EQ(Await(blocks[0]), Success(4));
  EXPECT_EQ(Await(untouched), Success(4));
}

// E2
TEST_F(CancelTest, OfADescriptorOfWhichNoneHasStarted) {
  const TempFile other;
  std::vector<aiocb> running(1, WriteBlock(other.fd(), "text"));
  SubmitWrites(running);
  std::vector<aiocb> blocks(4, WriteBlock(file_.fd(), "text"));
  for (aiocb& block : blocks) ASSERT_EQ(engine().Write(&block), 0);
  EXPECT_EQ(engine().Cancel(file_.fd(), nullptr), AIO_CANCELED);
  for (aiocb& block : blocks) EXPECT_EQ(Take(block), Failure(ECANCELED));
  EXPECT_EQ(engine().Cancel(file_.fd(), nullptr), AIO_ALLDONE);
  platform.ReleaseAll();
  EXPECT_EQ(Await(running[0]), Success(4));
}

// E2
TEST_F(CancelTest, OfADescriptorWithoutRequests) {
  EXPECT_EQ(engine().Cancel(file_.fd(), nullptr), AIO_ALLDONE);
}

// E2
TEST_F(CancelTest, NeedsAValidDescriptor) {
  const int closed = dup(file_.fd());
  close(closed);
  aiocb block = {};
  for (const int fd : {-1, INT_MIN, INT_MAX, closed}) {
    block.aio_fildes = fd;
    EXPECT_EQ(engine().Cancel(fd, nullptr), -EBADF);
    EXPECT_EQ(engine().Cancel(fd, &block), -EBADF);
  }
}

// E2
TEST_F(CancelTest, RefusesAControlBlockOfAnotherDescriptor) {
  std::vector<aiocb> blocks(2, WriteBlock(file_.fd(), "text"));
  SubmitWrites(blocks);
  EXPECT_EQ(engine().Cancel(appended_.fd(), &blocks[1]), -EINVAL);
  EXPECT_EQ(ErrorOf(blocks[1]), EINPROGRESS);
  platform.ReleaseAll();
  EXPECT_EQ(Await(blocks[0]), Success(4));
  EXPECT_EQ(Await(blocks[1]), Success(4));
}

// E4: the first of those that must keep their order, and ones that wait
// behind it.
TEST_F(CancelTest, OfTheHeadOfALane) {
  std::vector<aiocb> running(1, WriteBlock(file_.fd(), "text"));
  SubmitWrites(running);
  std::vector<aiocb> blocks;
  for (const char* text : {"a", "b", "c", "d"}) {
    blocks.push_back(WriteBlock(appended_.fd(), text));
  }
  for (aiocb& block : blocks) ASSERT_EQ(engine().Write(&block), 0);
  EXPECT_EQ(Cancel(blocks[0]), AIO_CANCELED);
  EXPECT_EQ(Cancel(blocks[2]), AIO_CANCELED);
  platform.ReleaseAll();
  EXPECT_EQ(Await(blocks[1]), Success(1));
  EXPECT_EQ(Await(blocks[3]), Success(1));
  EXPECT_EQ(Take(blocks[0]), Failure(ECANCELED));
  EXPECT_EQ(Take(blocks[2]), Failure(ECANCELED));
  EXPECT_EQ(appended_.Content(), "bd");
  EXPECT_EQ(Await(running[0]), Success(4));
}

// E4: also when the one that runs is of the same lane.
TEST_F(CancelTest, BehindARunningAppend) {
  std::vector<aiocb> blocks(3, WriteBlock(appended_.fd(), "text"));
  SubmitWrites(blocks);
  EXPECT_EQ(Cancel(blocks[1]), AIO_CANCELED);
  EXPECT_EQ(Cancel(blocks[0]), AIO_NOTCANCELED);
  platform.ReleaseAll();
  EXPECT_EQ(Await(blocks[2]), Success(4));
  EXPECT_EQ(Take(blocks[0]), Success(4));
  EXPECT_EQ(appended_.Content(), "texttext");
}

// E4
TEST_F(CancelTest, OfWhatABarrierWaitsFor) {
  std::vector<aiocb> blocks(3, WriteBlock(file_.fd(), "text"));
  SubmitWrites(blocks);
  aiocb sync = SyncBlock(file_.fd());
  ASSERT_EQ(engine().Sync(O_SYNC, &sync), 0);
  EXPECT_EQ(Cancel(blocks[1]), AIO_CANCELED);
  EXPECT_EQ(Cancel(blocks[2]), AIO_CANCELED);
  EXPECT_EQ(ErrorOf(sync), EINPROGRESS);
  platform.ReleaseAll();
  EXPECT_EQ(Await(sync), Success(0));
  EXPECT_EQ(Take(blocks[0]), Success(4));
}

// E4: the cancellation is itself what the barrier waits for.
TEST_F(CancelTest, OfTheLastThatABarrierWaitsFor) {
  const TempFile other;
  std::vector<aiocb> running(1, WriteBlock(other.fd(), "text"));
  SubmitWrites(running);
  aiocb write = WriteBlock(file_.fd(), "text");
  aiocb sync = SyncBlock(file_.fd());
  ASSERT_EQ(engine().Write(&write), 0);
  ASSERT_EQ(engine().Sync(O_SYNC, &sync), 0);
  EXPECT_EQ(Cancel(write), AIO_CANCELED);
  platform.ReleaseAll();
  EXPECT_EQ(Await(sync), Success(0));
  EXPECT_EQ(Await(running[0]), Success(4));
}

// E4
TEST_F(CancelTest, OfAMemberOfAList) {
  platform.CaptureSignals(/*limit=*/1);
  std::vector<aiocb> blocks(3, WriteBlock(file_.fd(), "text"));
  aiocb* const list[] = {&blocks[0], &blocks[1], &blocks[2]};
  const sigevent event = SignalEvent(SIGUSR1, 7);
  ASSERT_EQ(engine().List(LIO_NOWAIT, list, 3, &event), 0);
  platform.AwaitHeld(1);
  EXPECT_EQ(Cancel(blocks[2]), AIO_CANCELED);
  platform.ReleaseHeld(1);
  EXPECT_EQ(Await(blocks[0]), Success(4));
  // The second is held: the first has been seen to.
  platform.AwaitHeld(1);
  EXPECT_TRUE(platform.TakeSignals().empty());
  platform.ReleaseAll();
  EXPECT_EQ(platform.AwaitSignals(1)[0].value.sival_int, 7);
  EXPECT_EQ(Take(blocks[1]), Success(4));
  EXPECT_EQ(Take(blocks[2]), Failure(ECANCELED));
}

// E4: also when it is the last, and the caller waits for the list.
TEST_F(CancelTest, EndsAListThatIsWaitedFor) {
  std::vector<aiocb> running(1, WriteBlock(file_.fd(), "text"));
  SubmitWrites(running);
  aiocb block = WriteBlock(file_.fd(), "text");
  std::thread waiter([&] {
    aiocb* const list[] = {&block};
    EXPECT_EQ(engine().List(LIO_WAIT, list, 1, nullptr), -EIO);
  });
  AwaitThat([&] { return ErrorOf(block) == EINPROGRESS; });
  EXPECT_EQ(Cancel(block), AIO_CANCELED);
  waiter.join();
  EXPECT_EQ(Take(block), Failure(ECANCELED));
  platform.ReleaseAll();
  EXPECT_EQ(Await(running[0]), Success(4));
}

TEST(CCancelTest, GivesTheConstantsAndErrno) {
  const TempFile file;
  aiocb block = WriteBlock(file.fd(), "text");
  EXPECT_EQ(aioemul_cancel(file.fd(), nullptr), AIO_ALLDONE);
  EXPECT_EQ(aioemul_cancel(file.fd(), &block), AIO_ALLDONE);
  errno = 0;
  EXPECT_EQ(aioemul_cancel(-1, nullptr), -1);
  EXPECT_EQ(errno, EBADF);
  block.aio_fildes = -1;
  errno = 0;
  EXPECT_EQ(aioemul_cancel(file.fd(), &block), -1);
  EXPECT_EQ(errno, EINVAL);
}

}  // namespace
}  // namespace aioemul::testing
