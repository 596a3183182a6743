// Reads that the caller does not make, or not whole, and those refused: they go
// the usual way (contract A3 to A5, A7, A8, B3, B5).

#include <aio.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <limits>
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "tests/behaviour/caller_reads.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

using QueuedReadsTest = CallerReadsTest;

// B5: nothing outstanding is overtaken.
TEST_F(QueuedReadsTest, IsQueuedBehindWhatIsOutstandingOnTheDescriptor) {
  answer_ = [&](const TransferCall& call) -> std::optional<ssize_t> {
    if (call.fd == other_.fd()) return FromMemory(call);
    EXPECT_EQ(pthread_equal(pthread_self(), caller_), 0)
        << "made by the caller";
    return -EAGAIN;
  };
  aiocb write = WriteBlock(file_.fd(), "HELLO");
  aiocb sync = SyncBlock(file_.fd());
  for (aiocb* first : {&write, &sync}) {
    platform.HoldTransfers();
    ASSERT_EQ(
        first == &write ? engine().Write(first) : engine().Sync(O_SYNC, first),
        0);
    platform.AwaitHeld(1);
    aiocb block = ReadBlock(file_.fd(), buffer_);
    ASSERT_EQ(engine().Read(&block), 0);
    EXPECT_EQ(ErrorOf(block), EINPROGRESS);
    // Another descriptor has nothing to do with it.
    std::string other_buffer = ".....";
    aiocb other = ReadBlock(other_.fd(), other_buffer);
    ASSERT_EQ(engine().Read(&other), 0);
    EXPECT_EQ(Take(other), Success(5));
    platform.ReleaseAll();
    EXPECT_EQ(Await(*first).error, 0);
    EXPECT_EQ(Await(block), Success(5));
  }
}

TEST_F(QueuedReadsTest, SizeDecides) {
  options.inline_bytes.value = 4;
  aiocb block = ReadBlock(file_.fd(), buffer_.data(), 4);
  ExpectAtOnce(block);
  EXPECT_EQ(tries().size(), 1U);
  block.aio_nbytes = 5;
  ExpectQueued(block, Success(5));
  EXPECT_EQ(tries().size(), 1U);
}

TEST_F(QueuedReadsTest, NothingIsTriedWhenThatIsOff) {
  options.inline_bytes.value = 0;
  aiocb block = ReadBlock(file_.fd(), buffer_);
  ExpectQueued(block, Success(5));
  EXPECT_FALSE(WasTried());
}

TEST_F(QueuedReadsTest, NoBytesAreReadTheUsualWay) {
  aiocb block = ReadBlock(file_.fd(), nullptr, 0);
  ExpectQueued(block, Success(0));
  EXPECT_FALSE(WasTried());
}

TEST_F(QueuedReadsTest, WhatIsNotInMemoryIsReadTheUsualWay) {
  answer_ = [](const TransferCall&) { return -EAGAIN; };
  aiocb block = ReadBlock(file_.fd(), buffer_, 6);
  ExpectQueued(block, Success(5));
  EXPECT_EQ(buffer_, "world");
  EXPECT_TRUE(WasTried());
}

// Whatever the second half turns out to be.
TEST_F(QueuedReadsTest, WhatIsInMemoryInPartIsReadWhole) {
  std::deque<TempFile> files;  // of different numbers
  for (const ssize_t more : {-EAGAIN, -EIO, 2}) {
    answer_ = [=](const TransferCall& call) -> std::optional<ssize_t> {
      return call.count == 5 ? 3 : more;
    };
    aiocb block = ReadBlock(files.emplace_back("hello world").fd(), buffer_, 6);
    ExpectQueued(block, Success(5));
    EXPECT_EQ(buffer_, "world");
  }
}

// And then has a worker, which may be lucky.
TEST_F(QueuedReadsTest, AWorkerLooksInMemoryAsWell) {
  answer_ = [&](const TransferCall& call) -> std::optional<ssize_t> {
    if (pthread_equal(pthread_self(), caller_) != 0) return -EAGAIN;
    return FromMemory(call);
  };
  aiocb block = ReadBlock(file_.fd(), buffer_, 6);
  ASSERT_EQ(engine().Read(&block), 0);
  EXPECT_EQ(Await(block), Success(5));
  EXPECT_EQ(buffer_, "world");
  EXPECT_FALSE(WasQueued());
}

TEST_F(QueuedReadsTest, ARefusalIsRememberedForAWhile) {
  answer_ = [](const TransferCall&) { return -EOPNOTSUPP; };
  aiocb block = ReadBlock(file_.fd(), buffer_);
  for (int i = 0; i < 50; ++i) ExpectQueued(block, Success(5));
  EXPECT_EQ(tries().size(), 1U);
  // Of that descriptor.
  aiocb other = ReadBlock(other_.fd(), buffer_);
  ExpectQueued(other, Success(5));
  EXPECT_EQ(tries().size(), 2U);
  for (int i = 0; i < 500; ++i) ExpectQueued(block, Success(5));
  EXPECT_GT(tries().size(), 2U);
}

// I: what cannot seek has nothing in memory.
TEST_F(QueuedReadsTest, PipesAreReadTheUsualWay) {
  AskTheSystem();
  const Channel pipe = Channel::Pipe();
  ASSERT_EQ(write(pipe.second(), "abcdefgh", 8), 8);
  for (const char* expected : {"abcd", "efgh"}) {
    std::string text = "....";
    aiocb block = ReadBlock(pipe.first(), text);
    ASSERT_EQ(engine().Read(&block), 0);
    EXPECT_EQ(Await(block), Success(4));
    EXPECT_EQ(text, expected);
  }
}

// --- A3, A4, A5, A7: what is refused is refused as ever

TEST_F(QueuedReadsTest, AWriteOnlyDescriptorIsBad) {
  AskTheSystem();
  const OpenedFile write_only("/dev/null", O_WRONLY);
  for (const int fd : {write_only.fd(), -1}) {
    aiocb block = ReadBlock(fd, buffer_);
    EXPECT_EQ(engine().Read(&block), -EBADF);
    EXPECT_EQ(ErrorOf(block), EBADF);
  }
}

TEST_F(QueuedReadsTest, AnInvalidBlockIsRefusedUntried) {
  const aiocb good = ReadBlock(file_.fd(), buffer_);
  aiocb block = good;
  block.aio_reqprio = -1;
  EXPECT_EQ(engine().Read(&block), -EINVAL);
  block = good;
  block.aio_reqprio = 1000;
  EXPECT_EQ(engine().Read(&block), -EINVAL);
  block = good;
  block.aio_offset = -1;
  EXPECT_EQ(engine().Read(&block), -EINVAL);
  block = good;
  block.aio_nbytes = std::numeric_limits<size_t>::max();
  EXPECT_EQ(engine().Read(&block), -EINVAL);
  EXPECT_EQ(ErrorOf(block), EINVAL);
  EXPECT_FALSE(WasTried());
  EXPECT_EQ(buffer_, ".....");
}

TEST_F(QueuedReadsTest, ABadEventIsRefusedThoughTheBytesAreThere) {
  aiocb block = ReadBlock(file_.fd(), buffer_);
  block.aio_sigevent.sigev_notify = 4711;
  EXPECT_EQ(engine().Read(&block), -EINVAL);
  EXPECT_EQ(ErrorOf(block), EINVAL);
}

// A5
TEST_F(QueuedReadsTest, NothingIsReadBeyondTheOffsetMaximum) {
  aiocb block = ReadBlock(file_.fd(), buffer_, kOffsetMaximum - 2);
  ASSERT_EQ(engine().Read(&block), 0);
  EXPECT_EQ(Await(block), Success(0));
  EXPECT_FALSE(WasTried());
}

// A7: for another descriptor, on which nothing is outstanding.
TEST_F(QueuedReadsTest, ABlockInProgressIsBusyAndItsBufferLeftAlone) {
  platform.HoldTransfers();
  aiocb block = WriteBlock(file_.fd(), "HELLO");
  ASSERT_EQ(engine().Write(&block), 0);
  platform.AwaitHeld(1);
  block.aio_fildes = other_.fd();
  block.aio_buf = buffer_.data();
  EXPECT_EQ(engine().Read(&block), -EBUSY);
  EXPECT_EQ(ErrorOf(block), EINPROGRESS);
  EXPECT_EQ(buffer_, ".....");
  EXPECT_FALSE(WasTried());
  platform.ReleaseAll();
  EXPECT_EQ(Await(block), Success(5));
}

}  // namespace
}  // namespace aioemul::testing
