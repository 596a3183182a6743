// Streams beside files: aio_fsync, lists and aio_suspend over both, and the
// same through the C interface (contract B5, D1, D2, E4, F2, F3, I1).

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "aio/aio.h"
#include "gtest/gtest.h"
#include "tests/streams/descriptors.h"
#include "tests/streams/stream_fixture.h"

namespace aioemul::testing {
namespace {

Descriptor MakeFile() {
  std::string name = ::testing::TempDir() + "/file.XXXXXX";
  Descriptor file(mkstemp(name.data()));
  unlink(name.c_str());
  return file;
}

class MixedTest : public EveryMechanismTest {
 protected:
  const Channel pipe_ = MakePipe();
  const int reader_ = pipe_.reader.number();
  const int writer_ = pipe_.writer.number();
  const Descriptor file_ = MakeFile();
  std::string buffer_ = std::string(4, ' ');
  aiocb read_ = ReadBlock(reader_, buffer_);
  aiocb sync_ = ReadBlock(reader_, buffer_);
};

TEST_P(MixedTest, SyncOfAStreamFailsAsFsyncDoes) {
  ASSERT_EQ(fsync(reader_), -1);
  const int expected = errno;
  ASSERT_EQ(engine().Sync(O_SYNC, &sync_), 0);
  EXPECT_EQ(Await(sync_), Failure(expected));
}

TEST_P(MixedTest, SyncWaitsForTheReadBeforeItAndNotForTheOneAfter) {
  ReadAndWait(read_);
  ASSERT_EQ(engine().Sync(O_SYNC, &sync_), 0);
  std::string later_buffer(4, ' ');
  aiocb later = ReadBlock(reader_, later_buffer);
  Read(later);
  EXPECT_EQ(ErrorOf(sync_), EINPROGRESS);
  Send(writer_, "data");
  EXPECT_EQ(Await(read_), Success(4));
  EXPECT_EQ(Await(sync_).result, -1);
  EXPECT_EQ(ErrorOf(later), EINPROGRESS);
  Send(writer_, "more");
  EXPECT_EQ(Await(later), Success(4));
}

TEST_P(MixedTest, CancelOfTheWaitingReadReleasesTheSync) {
  ReadAndWait(read_);
  ASSERT_EQ(engine().Sync(O_DSYNC, &sync_), 0);
  EXPECT_EQ(engine().Cancel(reader_, &read_), AIO_CANCELED);
  EXPECT_EQ(Await(sync_).result, -1);
}

TEST_P(MixedTest, NullCancelsTheSyncBehindAWaitingRead) {
  ReadAndWait(read_);
  ASSERT_EQ(engine().Sync(O_SYNC, &sync_), 0);
  EXPECT_EQ(engine().Cancel(reader_, nullptr), AIO_CANCELED);
  EXPECT_EQ(Take(read_), Failure(ECANCELED));
  EXPECT_EQ(Take(sync_), Failure(ECANCELED));
}

TEST_P(MixedTest, ListWaitsForStreamsAndFilesTogether) {
  aiocb stream_write = WriteBlock(writer_, "pipe");
  aiocb file_write = WriteBlock(file_.number(), "file");
  const std::array<aiocb*, 3> list = {&read_, &file_write, &stream_write};
  EXPECT_EQ(engine().List(LIO_WAIT, list.data(), 3, nullptr), 0);
  EXPECT_EQ(Take(read_), Success(4));
  EXPECT_EQ(buffer_, "pipe");
  EXPECT_EQ(Take(file_write), Success(4));
  EXPECT_EQ(Take(stream_write), Success(4));
}

TEST_P(MixedTest, ListEndsWhenItsWaitingReadIsCancelled) {
  aiocb file_write = WriteBlock(file_.number(), "file");
  const std::array<aiocb*, 2> list = {&read_, &file_write};
  ASSERT_EQ(engine().List(LIO_NOWAIT, list.data(), 2, nullptr), 0);
  EXPECT_EQ(Await(file_write), Success(4));
  EXPECT_EQ(ErrorOf(read_), EINPROGRESS);
  EXPECT_EQ(engine().Cancel(reader_, &read_), AIO_CANCELED);
  EXPECT_EQ(Take(read_), Failure(ECANCELED));
  // The same in one call, ended by the peer.
  aiocb write = WriteBlock(writer_, "done");
  aiocb lasting = ReadBlock(reader_, buffer_);
  const std::array<aiocb*, 2> both = {&lasting, &write};
  EXPECT_EQ(engine().List(LIO_WAIT, both.data(), 2, nullptr), 0);
  EXPECT_EQ(Take(lasting), Success(4));
  EXPECT_EQ(Take(write), Success(4));
}

TEST_P(MixedTest, SuspendReturnsForTheFileAndThenForTheStream) {
  ReadAndWait(read_);
  aiocb write = WriteBlock(file_.number(), "file");
  Write(write);
  const std::array<const aiocb*, 2> list = {&read_, &write};
  EXPECT_EQ(engine().Suspend(list.data(), 2, nullptr), 0);
  EXPECT_EQ(ErrorOf(read_), EINPROGRESS);
  EXPECT_EQ(Take(write), Success(4));
  const timespec no_time = {};
  EXPECT_EQ(engine().Suspend(list.data(), 1, &no_time), -EAGAIN);
  Send(writer_, "data");
  EXPECT_EQ(engine().Suspend(list.data(), 1, nullptr), 0);
  EXPECT_EQ(Take(read_), Success(4));
}

INSTANTIATE_TEST_SUITE_P(Mechanisms, MixedTest, EveryMechanism(), &NameOf);

// --- Through the C interface.

TEST(StreamInterfaceTest, ReadWaitsAndGetsWhatIsWritten) {
  const Channel pipe = MakePipe();
  std::string buffer(8, ' ');
  aiocb read = ReadBlock(pipe.reader.number(), buffer);
  ASSERT_EQ(aioemul_read(&read), 0);
  EXPECT_EQ(aioemul_error(&read), EINPROGRESS);
  aiocb write = WriteBlock(pipe.writer.number(), "text");
  ASSERT_EQ(aioemul_write(&write), 0);
  const std::array<const aiocb*, 1> list = {&read};
  while (aioemul_error(&read) == EINPROGRESS) {
    aioemul_suspend(list.data(), 1, nullptr);
  }
  EXPECT_EQ(aioemul_error(&read), 0);
  EXPECT_EQ(aioemul_return(&read), 4);
  EXPECT_EQ(buffer, "text    ");
}

TEST(StreamInterfaceTest, WaitingReadIsCancelledAndLosesNothing) {
  const Channel sockets = MakeSockets();
  std::string buffer(4, ' ');
  aiocb read = ReadBlock(sockets.reader.number(), buffer);
  ASSERT_EQ(aioemul_read(&read), 0);
  EXPECT_EQ(aioemul_cancel(sockets.reader.number(), &read), AIO_CANCELED);
  EXPECT_EQ(aioemul_error(&read), ECANCELED);
  errno = 0;
  EXPECT_EQ(aioemul_return(&read), -1);
  EXPECT_EQ(errno, ECANCELED);
  Send(sockets.writer.number(), "data");
  aiocb again = ReadBlock(sockets.reader.number(), buffer);
  std::array<aiocb*, 1> list = {&again};
  EXPECT_EQ(aioemul_listio(LIO_WAIT, list.data(), 1, nullptr), 0);
  EXPECT_EQ(aioemul_return(&again), 4);
  EXPECT_EQ(buffer, "data");
}

}  // namespace
}  // namespace aioemul::testing
