// aio_write (contract A1 to A5, A8, A10).

#include <aio.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <string>

#include "aio/aio.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

class WriteTest : public EngineTest {
 protected:
  // A2: the errno, in the control block as well; and nothing was queued.
  void ExpectRefusal(aiocb block, int error) {
    EXPECT_EQ(engine().Write(&block), -error);
    EXPECT_EQ(ErrorOf(block), error);
    EXPECT_EQ(Take(block), Failure(error));
    EXPECT_EQ(ErrorOf(block), error);
    EXPECT_TRUE(platform.transfers().empty());
  }

  const TempFile file_{"hello world"};
};

// A8
TEST_F(WriteTest, WritesAtTheOffset) {
  aiocb block = WriteBlock(file_.fd(), "there", 6);
  ASSERT_EQ(engine().Write(&block), 0);
  EXPECT_EQ(Await(block), Success(5));
  EXPECT_EQ(file_.Content(), "hello there");
}

// A8
TEST_F(WriteTest, LeavesTheFileOffsetAlone) {
  ASSERT_EQ(lseek(file_.fd(), 3, SEEK_SET), 3);
  aiocb block = WriteBlock(file_.fd(), "there", 6);
  ASSERT_EQ(engine().Write(&block), 0);
  EXPECT_EQ(Await(block), Success(5));
  EXPECT_EQ(lseek(file_.fd(), 0, SEEK_CUR), 3);
}

// A8: a hole reads as zeros.
TEST_F(WriteTest, ExtendsTheFile) {
  aiocb block = WriteBlock(file_.fd(), "!", 13);
  ASSERT_EQ(engine().Write(&block), 0);
  EXPECT_EQ(Await(block), Success(1));
  EXPECT_EQ(file_.Content(), std::string("hello world\0\0!", 14));
}

// A1
TEST_F(WriteTest, ReturnsBeforeTheTransfer) {
  platform.HoldTransfers();
  aiocb block = WriteBlock(file_.fd(), "there", 6);
  EXPECT_EQ(engine().Write(&block), 0);
  platform.AwaitHeld(1);
  EXPECT_EQ(ErrorOf(block), EINPROGRESS);
  EXPECT_EQ(file_.Content(), "hello world");
  platform.ReleaseAll();
  EXPECT_EQ(Await(block), Success(5));
}

// A8
TEST_F(WriteTest, OfNoBytesSucceeds) {
  aiocb block = WriteBlock(file_.fd(), "", 100);
  ASSERT_EQ(engine().Write(&block), 0);
  EXPECT_EQ(Await(block), Success(0));
  EXPECT_EQ(file_.Content(), "hello world");
}

// A10
TEST_F(WriteTest, IgnoresTheOpcode) {
  for (const int opcode : {int{LIO_READ}, int{LIO_NOP}, 12345}) {
    aiocb block = WriteBlock(file_.fd(), "there", 6);
    block.aio_lio_opcode = opcode;
    ASSERT_EQ(engine().Write(&block), 0);
    EXPECT_EQ(Await(block), Success(5));
  }
  EXPECT_EQ(file_.Content(), "hello there");
}

// A3
TEST_F(WriteTest, NeedsADescriptorOpenForWriting) {
  const OpenedFile read_only("/dev/null", O_RDONLY);
  const OpenedFile path_only("/", O_PATH);
  const int closed = dup(file_.fd());
  close(closed);
  for (const int fd :
       {-1, INT_MIN, INT_MAX, closed, read_only.fd(), path_only.fd()}) {
    ExpectRefusal(WriteBlock(fd, "text"), EBADF);
  }
}

// A4
TEST_F(WriteTest, RefusesPrioritiesOutOfRange) {
  for (const int priority : {-1, 21, INT_MIN, INT_MAX}) {
    aiocb block = WriteBlock(file_.fd(), "text");
    block.aio_reqprio = priority;
    ExpectRefusal(block, EINVAL);
  }
}

// A4
TEST_F(WriteTest, RefusesANegativeOffsetInAFile) {
  ExpectRefusal(WriteBlock(file_.fd(), "text", -1), EINVAL);
}

// A4: the offset means nothing to a pipe.
TEST_F(WriteTest, IgnoresTheOffsetOnAPipe) {
  const Channel pipe = Channel::Pipe();
  aiocb block = WriteBlock(pipe.second(), "bytes", -1);
  ASSERT_EQ(engine().Write(&block), 0);
  EXPECT_EQ(Await(block), Success(5));
  std::string read_back(5, ' ');
  EXPECT_EQ(read(pipe.first(), read_back.data(), 5), 5);
  EXPECT_EQ(read_back, "bytes");
}

// A4
TEST_F(WriteTest, RefusesACountBeyondTheResultsRange) {
  aiocb block = WriteBlock(file_.fd(), "text");
  block.aio_nbytes = static_cast<size_t>(SSIZE_MAX) + 1;
  ExpectRefusal(block, EINVAL);
}

// A4
TEST_F(WriteTest, RefusesANullControlBlock) {
  EXPECT_EQ(engine().Write(nullptr), -EINVAL);
}

// A5
TEST_F(WriteTest, RefusesTheOffsetMaximumOfARegularFile) {
  ExpectRefusal(WriteBlock(file_.fd(), "text", kOffsetMaximum), EFBIG);
}

// A5: the error needs at least one byte to write.
TEST_F(WriteTest, OfNoBytesMayStandAtTheOffsetMaximum) {
  aiocb block = WriteBlock(file_.fd(), "", kOffsetMaximum);
  ASSERT_EQ(engine().Write(&block), 0);
  EXPECT_EQ(Await(block), Success(0));
}

// A5: where some bytes fit before the offset maximum, those are written.
TEST_F(WriteTest, WritesThePartBeforeTheOffsetMaximum) {
  platform.AnswerTransfers([](const TransferCall& call) {
    return static_cast<ssize_t>(call.count);
  });
  aiocb block = WriteBlock(file_.fd(), "text", kOffsetMaximum - 3);
  ASSERT_EQ(engine().Write(&block), 0);
  EXPECT_EQ(Await(block), Success(3));
}

// A2, at the C boundary.
TEST(CWriteTest, SetsErrno) {
  const TempFile file;
  errno = 0;
  EXPECT_EQ(aioemul_write(nullptr), -1);
  EXPECT_EQ(errno, EINVAL);

  aiocb block = WriteBlock(-1, "text");
  errno = 0;
  EXPECT_EQ(aioemul_write(&block), -1);
  EXPECT_EQ(errno, EBADF);
  EXPECT_EQ(aioemul_error(&block), EBADF);

  block.aio_fildes = file.fd();
  EXPECT_EQ(aioemul_write(&block), 0);
  const aiocb* list[] = {&block};
  EXPECT_EQ(aioemul_suspend(list, 1, nullptr), 0);
  EXPECT_EQ(aioemul_return(&block), 4);
  EXPECT_EQ(file.Content(), "text");
}

}  // namespace
}  // namespace aioemul::testing
