// Closing a descriptor number amid requests on it, through an engine (contract
// H2): one transfer is held in the system while others wait for their turn.

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <future>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"
#include "tests/close/closer.h"

namespace aioemul::testing {
namespace {

class ClosingTest : public EngineTest {
 protected:
  ClosingTest() { options.threads.value = 1; }

  // A number of its own for the file, to be closed by the test.
  static int NumberFor(int fd) {
    const int number = dup(fd);
    EXPECT_GE(number, 0);
    return number;
  }

  // Starts a read on `fd` and leaves it in the system.
  void HoldOn(int fd) {
    platform.HoldTransfers();
    running_ = ReadBlock(fd, buffer_);
    ASSERT_EQ(engine().Read(&running_), 0);
    platform.AwaitHeld(1);
  }

  // Reads that wait for the one that is held.
  std::vector<aiocb> QueueReads(int fd, size_t count) {
    std::vector<aiocb> blocks(count, ReadBlock(fd, unused_));
    for (aiocb& block : blocks) EXPECT_EQ(engine().Read(&block), 0);
    return blocks;
  }

  void AwaitCancelled(std::vector<aiocb>& blocks) {
    for (aiocb& block : blocks) {
      EXPECT_EQ(Await(block), Failure(ECANCELED));
    }
  }

  // Submits on a thread of its own, which may have to wait.
  std::future<int> ReadOnThread(aiocb& block) {
    return std::async(std::launch::async,
                      [this, &block] { return engine().Read(&block); });
  }

  // A read of what `fd` stands for now.
  void ExpectUsable(int fd, std::string_view text) {
    std::string read(text.size(), ' ');
    aiocb block = ReadBlock(fd, read);
    ASSERT_EQ(engine().Read(&block), 0);
    EXPECT_EQ(Await(block), Success(text.size()));
    EXPECT_EQ(read, text);
  }

  const TempFile file_{"hello"};
  const TempFile next_file_{"other"};
  std::string buffer_ = ".....";
  std::string unused_ = ".....";
  aiocb running_ = {};
};

// G2: whatever ends the request, and however busy the workers are.
TEST_F(ClosingTest, CallsTheFunctionOfWhatItCancelsWhileTheWorkerIsBusy) {
  HoldOn(file_.fd());
  const Channel pipe = Channel::Pipe();
  const int fd = NumberFor(pipe.first());
  Gate called;
  aiocb waiting = ReadBlock(fd, unused_);
  waiting.aio_sigevent = ThreadEvent(
      [](sigval value) { static_cast<Gate*>(value.sival_ptr)->Open(); },
      &called);
  ASSERT_EQ(engine().Read(&waiting), 0);
  Closer closer(engine(), fd, [fd] { return close(fd); });
  called.Await();
  EXPECT_EQ(Await(waiting), Failure(ECANCELED));
  platform.ReleaseAll();
  EXPECT_EQ(Await(running_), Success(5));
}

TEST_F(ClosingTest, CancelsWhatWaitsAndCompletesWhatRunsOnTheOldFile) {
  const int fd = NumberFor(file_.fd());
  HoldOn(fd);
  std::vector<aiocb> waiting = QueueReads(fd, 100);
  Closer closer(engine(), fd, [fd] { return close(fd); });
  AwaitCancelled(waiting);
  platform.AwaitSleepers(1);
  EXPECT_FALSE(closer.reached());
  EXPECT_EQ(ErrorOf(running_), EINPROGRESS);
  platform.ReleaseAll();
  EXPECT_EQ(closer.Await(), 0);
  EXPECT_EQ(Take(running_), Success(5));
  EXPECT_EQ(buffer_, "hello");
  EXPECT_EQ(unused_, ".....");
  EXPECT_EQ(fcntl(fd, F_GETFD), -1);
}

TEST_F(ClosingTest, WaitsForNothingWhereNothingIsOutstanding) {
  const int fd = NumberFor(file_.fd());
  ExpectUsable(fd, "hello");
  HoldOn(file_.fd());
  EXPECT_EQ(CloseNow(engine(), fd), 0);
  const int never_used = NumberFor(file_.fd());
  EXPECT_EQ(CloseNow(engine(), never_used), 0);
  EXPECT_EQ(CloseNow(engine(), -1), -1);
  EXPECT_EQ(errno, EBADF);
  EXPECT_EQ(ErrorOf(running_), EINPROGRESS);
}

TEST_F(ClosingTest, SendsTheSignalsOfTheCancelledWhileTheOtherRuns) {
  const int fd = NumberFor(file_.fd());
  platform.CaptureSignals(10);
  HoldOn(fd);
  std::vector<aiocb> waiting(3, ReadBlock(fd, unused_));
  for (int i = 0; i < 3; ++i) {
    aiocb& block = waiting[static_cast<size_t>(i)];
    block.aio_sigevent = SignalEvent(SIGUSR1, i);
    ASSERT_EQ(engine().Read(&block), 0);
  }
  Closer closer(engine(), fd, [fd] { return close(fd); });
  const std::vector<SentSignal> signals = platform.AwaitSignals(3);
  ASSERT_EQ(signals.size(), 3U);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(signals[static_cast<size_t>(i)].value.sival_int, i);
  }
  EXPECT_EQ(ErrorOf(running_), EINPROGRESS);
  platform.ReleaseAll();
  EXPECT_EQ(closer.Await(), 0);
}

// close is async-signal-safe, and making a thread is not.
TEST_F(ClosingTest, LeavesItToAWorkerToMakeTheThreadsOfNotifications) {
  options.threads.value = 2;
  const int fd = NumberFor(file_.fd());
  platform.HoldTransfers();
  std::array<aiocb, 2> running;
  running.fill(ReadBlock(fd, buffer_));
  for (aiocb& block : running) ASSERT_EQ(engine().Read(&block), 0);
  platform.AwaitHeld(2);
  Gate notified;
  std::vector<aiocb> waiting(3, ReadBlock(fd, unused_));
  for (aiocb& block : waiting) {
    block.aio_sigevent = ThreadEvent(
        [](sigval value) { static_cast<Gate*>(value.sival_ptr)->Open(); },
        &notified);
    ASSERT_EQ(engine().Read(&block), 0);
  }
  Closer closer(engine(), fd, [fd] { return close(fd); });
  AwaitCancelled(waiting);
  // The one worker that is free now, while the other holds the closer up.
  platform.ReleaseHeld(1);
  notified.Await(3);
  EXPECT_FALSE(closer.reached());
  for (const pthread_t maker : platform.notification_makers()) {
    EXPECT_FALSE(pthread_equal(maker, closer.handle()));
  }
  platform.ReleaseAll();
  EXPECT_EQ(closer.Await(), 0);
}

TEST_F(ClosingTest, ASubmissionMeanwhileWaitsAndFindsTheNumberClosed) {
  const int fd = NumberFor(file_.fd());
  HoldOn(fd);
  Closer closer(engine(), fd, [fd] { return close(fd); });
  platform.AwaitSleepers(1);
  aiocb late = ReadBlock(fd, unused_);
  std::future<int> submitted = ReadOnThread(late);
  platform.AwaitSleepers(2);
  platform.ReleaseAll();
  EXPECT_EQ(closer.Await(), 0);
  EXPECT_EQ(submitted.get(), -EBADF);
  EXPECT_EQ(ErrorOf(late), EBADF);
}

TEST_F(ClosingTest, ASubmissionMeanwhileWaitsAndGoesToTheNextFile) {
  const int fd = NumberFor(file_.fd());
  HoldOn(fd);
  Closer closer(engine(), fd, [&] { return dup2(next_file_.fd(), fd); });
  platform.AwaitSleepers(1);
  aiocb late = ReadBlock(fd, unused_);
  std::future<int> submitted = ReadOnThread(late);
  platform.AwaitSleepers(2);
  platform.ReleaseAll();
  EXPECT_EQ(closer.Await(), fd);
  EXPECT_EQ(submitted.get(), 0);
  EXPECT_EQ(Await(late), Success(5));
  EXPECT_EQ(unused_, "other");
  EXPECT_EQ(Take(running_), Success(5));
  EXPECT_EQ(buffer_, "hello");
  EXPECT_EQ(CloseNow(engine(), fd), 0);
}

// The same while the descriptor is being closed, on a number that has a queue
// and on one that has none.
TEST_F(ClosingTest, ASubmissionWaitsWhileTheSystemCloses) {
  for (const bool used : {true, false}) {
    const int fd = fcntl(file_.fd(), F_DUPFD, used ? 0 : 600);
    if (used) ExpectUsable(fd, "hello");
    Gate go_on;
    Closer closer(engine(), fd, [&] {
      go_on.Await();
      return dup2(next_file_.fd(), fd);
    });
    AwaitThat([&] { return closer.reached(); });
    aiocb late = ReadBlock(fd, unused_);
    std::future<int> submitted = ReadOnThread(late);
    platform.AwaitSleepers(1);
    go_on.Open();
    EXPECT_EQ(closer.Await(), fd);
    EXPECT_EQ(submitted.get(), 0);
    EXPECT_EQ(Await(late), Success(5));
    EXPECT_EQ(unused_, "other");
    EXPECT_EQ(CloseNow(engine(), fd), 0);
    unused_ = ".....";
  }
}

TEST_F(ClosingTest, TwoCloseOneNumberAtATime) {
  const int fd = NumberFor(file_.fd());
  HoldOn(fd);
  std::vector<aiocb> waiting = QueueReads(fd, 3);
  Gate closed;
  Closer one(engine(), fd, [&] {
    const int result = close(fd);
    closed.Open();
    return result;
  });
  Closer other(engine(), fd, [&] {
    closed.Await();
    return dup2(next_file_.fd(), fd);
  });
  AwaitCancelled(waiting);
  platform.AwaitSleepers(2);
  EXPECT_FALSE(one.reached() || other.reached());
  platform.ReleaseAll();
  EXPECT_EQ(one.Await(), 0);
  EXPECT_EQ(other.Await(), fd);
  ExpectUsable(fd, "other");
  EXPECT_EQ(CloseNow(engine(), fd), 0);
}

TEST_F(ClosingTest, CancelsBarriersAndWhatWaitsForThem) {
  const int fd = NumberFor(file_.fd());
  HoldOn(fd);
  std::vector<aiocb> waiting = QueueReads(fd, 1);
  std::vector<aiocb> barriers(2, SyncBlock(fd));
  for (aiocb& barrier : barriers) {
    ASSERT_EQ(engine().Sync(O_SYNC, &barrier), 0);
  }
  std::vector<aiocb> behind = QueueReads(fd, 1);
  Closer closer(engine(), fd, [fd] { return close(fd); });
  for (auto* blocks : {&waiting, &barriers, &behind}) AwaitCancelled(*blocks);
  platform.ReleaseAll();
  EXPECT_EQ(closer.Await(), 0);
  EXPECT_EQ(Take(running_), Success(5));
  EXPECT_EQ(platform.transfers().size(), 1U);
}

TEST_F(ClosingTest, WaitsForABarrierThatRuns) {
  const int fd = NumberFor(file_.fd());
  platform.HoldTransfers();
  aiocb barrier = SyncBlock(fd);
  ASSERT_EQ(engine().Sync(O_SYNC, &barrier), 0);
  platform.AwaitHeld(1);
  std::vector<aiocb> waiting = QueueReads(fd, 1);
  Closer closer(engine(), fd, [fd] { return close(fd); });
  AwaitCancelled(waiting);
  platform.AwaitSleepers(1);
  EXPECT_FALSE(closer.reached());
  platform.ReleaseAll();
  EXPECT_EQ(closer.Await(), 0);
  EXPECT_EQ(Take(barrier), Success(0));
}

TEST_F(ClosingTest, CancelsTheAppendsBehindTheOneThatRuns) {
  const TempFile log("", O_APPEND);
  const int fd = NumberFor(log.fd());
  platform.HoldTransfers();
  aiocb first = WriteBlock(fd, "first ");
  ASSERT_EQ(engine().Write(&first), 0);
  platform.AwaitHeld(1);
  std::vector<aiocb> waiting(3, WriteBlock(fd, "never "));
  for (aiocb& block : waiting) ASSERT_EQ(engine().Write(&block), 0);
  Closer closer(engine(), fd, [&] { return dup2(log.fd(), fd); });
  AwaitCancelled(waiting);
  platform.ReleaseAll();
  EXPECT_EQ(closer.Await(), fd);
  EXPECT_EQ(Take(first), Success(6));
  // Nothing of the lane is left.
  aiocb next = WriteBlock(fd, "next");
  ASSERT_EQ(engine().Write(&next), 0);
  EXPECT_EQ(Await(next), Success(4));
  EXPECT_EQ(log.Content(), "first next");
  EXPECT_EQ(CloseNow(engine(), fd), 0);
}

TEST_F(ClosingTest, CancelsStreamsThatWaitForDataWithoutWaiting) {
  const Channel pipe = Channel::Pipe();
  const int fd = NumberFor(pipe.first());
  std::vector<aiocb> waiting = QueueReads(fd, 3);
  EXPECT_EQ(CloseNow(engine(), fd), 0);
  AwaitCancelled(waiting);
  ASSERT_EQ(write(pipe.second(), "bytes", 5), 5);
  ExpectUsable(pipe.first(), "bytes");
}

TEST_F(ClosingTest, EndsAWaitForAList) {
  const int fd = NumberFor(file_.fd());
  HoldOn(fd);
  std::array<aiocb, 2> entries;
  entries.fill(ReadBlock(fd, unused_));
  std::future<int> listed = std::async(std::launch::async, [&] {
    aiocb* const list[] = {&entries[0], &entries[1]};
    return engine().List(LIO_WAIT, list, 2, nullptr);
  });
  platform.AwaitSleepers(1);
  Closer closer(engine(), fd, [fd] { return close(fd); });
  EXPECT_EQ(listed.get(), -EIO);
  for (aiocb& entry : entries) EXPECT_EQ(Take(entry), Failure(ECANCELED));
  platform.ReleaseAll();
  EXPECT_EQ(closer.Await(), 0);
}

TEST_F(ClosingTest, ARangeCancelsInsideAndNothingOutside) {
  const TempFile file("hello");
  const int low = fcntl(file.fd(), F_DUPFD, 600);
  const int high = fcntl(file.fd(), F_DUPFD, 900);
  const int above = fcntl(file.fd(), F_DUPFD, high + 1);
  HoldOn(file.fd());
  std::vector<aiocb> lowest = QueueReads(low, 2);
  std::vector<aiocb> highest = QueueReads(high, 2);
  std::vector<aiocb> outside = QueueReads(above, 1);
  Closer closer(engine(), low, high, [&] { return close(low) + close(high); });
  AwaitCancelled(lowest);
  AwaitCancelled(highest);
  EXPECT_EQ(closer.Await(), 0);
  EXPECT_EQ(ErrorOf(outside[0]), EINPROGRESS);
  platform.ReleaseAll();
  EXPECT_EQ(Await(outside[0]), Success(5));
  EXPECT_EQ(CloseNow(engine(), above), 0);
}

TEST_F(ClosingTest, ASubmissionWaitsForWhoClosesARange) {
  const int fd = NumberFor(file_.fd());
  Gate go_on;
  Closer closer(engine(), fd - 1, fd + 1, [&] {
    go_on.Await();
    return close(fd);
  });
  AwaitThat([&] { return closer.reached(); });
  aiocb late = ReadBlock(fd, unused_);
  std::future<int> submitted = ReadOnThread(late);
  platform.AwaitSleepers(1);
  go_on.Open();
  EXPECT_EQ(closer.Await(), 0);
  EXPECT_EQ(submitted.get(), -EBADF);
}

}  // namespace
}  // namespace aioemul::testing
