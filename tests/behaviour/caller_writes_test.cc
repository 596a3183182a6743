// Writes that memory takes at once are made by the caller, and do what any
// other write does (contract A1, A2, A6, A8, B4, B5, C2, E1, F2,
// G1).

#include <aio.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <string>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

// Memory takes every write, unless the test answers otherwise.
class CallerWritesTest : public EngineTest {
 protected:
  CallerWritesTest() {
    options.inline_write_bytes.value = 65536;
    platform.AnswerCachedWrites([this](const TransferCall& call) {
      const std::lock_guard lock(mutex_);
      ++tries_;
      return answer_ ? answer_(call) : ToMemory(call);
    });
  }

  static ssize_t ToMemory(const TransferCall& call) {
    const ssize_t count = pwrite(call.fd, call.buffer, call.count, call.offset);
    return count < 0 ? -errno : count;
  }

  void TakeTwoBytes() {
    answer_ = [](const TransferCall& call) {
      return pwrite(call.fd, call.buffer, 2, call.offset);
    };
  }
  int tries() {
    const std::lock_guard lock(mutex_);
    return tries_;
  }
  void ExpectAtOnce(aiocb& block) {
    EXPECT_EQ(engine().Write(&block), 0);
    EXPECT_EQ(Take(block), Success(block.aio_nbytes));
    EXPECT_TRUE(platform.transfers().empty());
  }
  // By a worker, and whole.
  void ExpectQueued(aiocb& block) {
    const size_t before = platform.transfers().size();
    EXPECT_EQ(engine().Write(&block), 0);
    EXPECT_EQ(Await(block), Success(block.aio_nbytes));
    ASSERT_EQ(platform.transfers().size(), before + 1);
    EXPECT_EQ(platform.transfers().back().count, block.aio_nbytes);
  }

  const TempFile file_{"hello world"};
  const TempFile other_{""};
  FakePlatform::Answer answer_;

 private:
  std::mutex mutex_;
  int tries_ = 0;
};

// --- A1, A8, C2

TEST_F(CallerWritesTest, IsCompleteWithoutAnyWorker) {
  aiocb block = WriteBlock(file_.fd(), "WORLD", 6);
  ExpectAtOnce(block);
  EXPECT_EQ(file_.Content(), "hello WORLD");
  EXPECT_EQ(engine().thread_count(), 0);
}

TEST_F(CallerWritesTest, IsNotTriedUnlessAskedFor) {
  options.inline_write_bytes = Options().inline_write_bytes;
  aiocb block = WriteBlock(file_.fd(), "WORLD", 6);
  ExpectQueued(block);
  EXPECT_EQ(tries(), 0);
}

// --- A6, A8, E1, H2: when memory takes a part

TEST_F(CallerWritesTest, WritesTheRestWhenMemoryTakesAPart) {
  TakeTwoBytes();
  aiocb block = WriteBlock(file_.fd(), "WORLD", 6);
  EXPECT_EQ(engine().Write(&block), 0);
  EXPECT_EQ(Await(block), Success(5));
  ASSERT_EQ(platform.transfers().size(), 1U);
  EXPECT_EQ(platform.transfers()[0].count, 3U);
  EXPECT_EQ(platform.transfers()[0].offset, 8);
  EXPECT_EQ(file_.Content(), "hello WORLD");
}

TEST_F(CallerWritesTest, APartThatCannotBeQueuedIsAShortWrite) {
  TakeTwoBytes();
  platform.FailAllResources(true);
  aiocb block = WriteBlock(file_.fd(), "WORLD", 6);
  EXPECT_EQ(engine().Write(&block), 0);
  EXPECT_EQ(Take(block), Success(2));
  aiocb entry = WriteBlock(file_.fd(), "WORLD", 6);
  EXPECT_EQ(engine().Write(&entry), 0);
  EXPECT_EQ(Take(entry), Success(2));
  platform.FailAllResources(false);
  EXPECT_EQ(file_.Content(), "hello WOrld");
}

TEST_F(CallerWritesTest, APartOfWhichTheRestIsCancelledIsAShortWrite) {
  platform.HoldTransfers();
  options.threads.value = 1;
  aiocb busy = WriteBlock(other_.fd(), "x");
  answer_ = [](const TransferCall&) { return -EAGAIN; };
  ASSERT_EQ(engine().Write(&busy), 0);
  platform.AwaitHeld(1);
  TakeTwoBytes();
  aiocb block = WriteBlock(file_.fd(), "WORLD", 6);
  ASSERT_EQ(engine().Write(&block), 0);
  EXPECT_EQ(engine().Cancel(file_.fd(), &block), AIO_NOTCANCELED);
  EXPECT_EQ(Take(block), Success(2));
  platform.ReleaseAll();
  EXPECT_EQ(Await(busy), Success(1));
  EXPECT_EQ(file_.Content(), "hello WOrld");
}

// Neighbours are written together from their first bytes on.
TEST_F(CallerWritesTest, APartIsNotJoinedToItsNeighbours) {
  platform.HoldTransfers();
  options.threads.value = 1;
  aiocb busy = WriteBlock(other_.fd(), "x");
  answer_ = [](const TransferCall&) { return -EAGAIN; };
  ASSERT_EQ(engine().Write(&busy), 0);
  platform.AwaitHeld(1);
  TakeTwoBytes();
  aiocb part = WriteBlock(file_.fd(), "HELLO", 0);
  ASSERT_EQ(engine().Write(&part), 0);
  aiocb next = WriteBlock(file_.fd(), "_WORLD", 5);
  ASSERT_EQ(engine().Write(&next), 0);
  platform.ReleaseAll();
  EXPECT_EQ(Await(busy), Success(1));
  EXPECT_EQ(Await(part), Success(5));
  EXPECT_EQ(Await(next), Success(6));
  EXPECT_EQ(file_.Content(), "HELLO_WORLD");
  EXPECT_EQ(platform.transfers().size(), 3U);
}

TEST_F(CallerWritesTest, IsQueuedWhenMemoryTakesNothing) {
  for (const int error : {EAGAIN, EOPNOTSUPP}) {
    answer_ = [error](const TransferCall&) { return -error; };
    aiocb block = WriteBlock(file_.fd(), "HELLO");
    ExpectQueued(block);
  }
  EXPECT_EQ(file_.Content(), "HELLO world");
}

// A file system that is mounted synchronous reports an earlier write's failure
// to whoever writes next, once.
TEST_F(CallerWritesTest, AnErrorOfTheTryIsTheResult) {
  answer_ = [](const TransferCall&) { return -ENOSPC; };
  aiocb block = WriteBlock(file_.fd(), "HELLO");
  EXPECT_EQ(engine().Write(&block), 0);
  EXPECT_EQ(Take(block), Failure(ENOSPC));
  aiocb entry = WriteBlock(file_.fd(), "HELLO");
  entry.aio_lio_opcode = LIO_WRITE;
  aiocb* const list[] = {&entry};
  answer_ = [](const TransferCall&) { return -EIO; };
  EXPECT_EQ(engine().List(LIO_WAIT, list, 1, nullptr), -EIO);
  EXPECT_EQ(Take(entry), Failure(EIO));
  EXPECT_TRUE(platform.transfers().empty());
  EXPECT_EQ(file_.Content(), "hello world");
}

TEST_F(CallerWritesTest, AsksAFileThatRefusesOnlyNowAndThen) {
  answer_ = [](const TransferCall&) { return -EOPNOTSUPP; };
  for (int i = 0; i < 20; ++i) {
    aiocb block = WriteBlock(file_.fd(), "HELLO");
    ExpectQueued(block);
  }
  EXPECT_EQ(tries(), 1);
  // Reads of it are another matter.
  std::string buffer(5, '.');
  platform.AnswerCachedReads([](const TransferCall& call) {
    return pread(call.fd, call.buffer, call.count, call.offset);
  });
  aiocb read = ReadBlock(file_.fd(), buffer);
  const size_t before = platform.transfers().size();
  ASSERT_EQ(engine().Read(&read), 0);
  EXPECT_EQ(Take(read), Success(5));
  EXPECT_EQ(platform.transfers().size(), before);
}

// --- A2: what is refused has written nothing

TEST_F(CallerWritesTest, WritesNothingOfAnInvalidRequest) {
  aiocb priority = WriteBlock(file_.fd(), "HELLO");
  priority.aio_reqprio = -1;
  EXPECT_EQ(engine().Write(&priority), -EINVAL);
  aiocb offset = WriteBlock(file_.fd(), "HELLO", -1);
  EXPECT_EQ(engine().Write(&offset), -EINVAL);
  aiocb event = WriteBlock(file_.fd(), "HELLO");
  event.aio_sigevent.sigev_notify = 12345;
  EXPECT_EQ(engine().Write(&event), -EINVAL);
  EXPECT_EQ(engine().Write(nullptr), -EINVAL);
  EXPECT_EQ(tries(), 0);
  EXPECT_EQ(file_.Content(), "hello world");
}

// G1: one that notifies may be refused yet, for want of memory.
TEST_F(CallerWritesTest, WritesNothingOfARequestThatMayBeRefused) {
  platform.FailAllResources(true);
  aiocb block = WriteBlock(file_.fd(), "HELLO");
  block.aio_sigevent = SignalEvent(SIGRTMIN, 17);
  EXPECT_EQ(engine().Write(&block), -EAGAIN);
  EXPECT_EQ(file_.Content(), "hello world");
  EXPECT_EQ(tries(), 0);
  platform.FailAllResources(false);
}

// --- B4, B5: order

TEST_F(CallerWritesTest, DoesNotGoAheadOfWhatIsOutstanding) {
  platform.HoldTransfers();
  answer_ = [](const TransferCall&) { return -EAGAIN; };
  aiocb first = WriteBlock(file_.fd(), "HELLO");
  ASSERT_EQ(engine().Write(&first), 0);
  answer_ = nullptr;
  const int before = tries();
  aiocb second = WriteBlock(file_.fd(), "WORLD", 6);
  ASSERT_EQ(engine().Write(&second), 0);
  EXPECT_EQ(tries(), before);
  EXPECT_EQ(ErrorOf(second), EINPROGRESS);
  platform.ReleaseAll();
  EXPECT_EQ(Await(first), Success(5));
  EXPECT_EQ(Await(second), Success(5));
}

// --- F2: in a list

TEST_F(CallerWritesTest, CountsInItsList) {
  aiocb first = WriteBlock(file_.fd(), "HELLO");
  aiocb second = WriteBlock(file_.fd(), "WORLD", 6);
  first.aio_lio_opcode = second.aio_lio_opcode = LIO_WRITE;
  aiocb* const list[] = {&first, &second};
  EXPECT_EQ(engine().List(LIO_WAIT, list, 2, nullptr), 0);
  EXPECT_EQ(Take(first), Success(5));
  EXPECT_EQ(Take(second), Success(5));
  EXPECT_EQ(file_.Content(), "HELLO WORLD");
  EXPECT_TRUE(platform.transfers().empty());
}

}  // namespace
}  // namespace aioemul::testing
