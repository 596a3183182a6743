// aio_read (contract A1 to A5, A8, A10).

#include <aio.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <limits>
#include <string>

#include "aio/aio.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

class ReadTest : public EngineTest {
 protected:
  // A2: the errno, in the control block as well; and nothing was queued.
  void ExpectRefusal(aiocb block, int error) {
    EXPECT_EQ(engine().Read(&block), -error);
    EXPECT_EQ(ErrorOf(block), error);
    EXPECT_EQ(Take(block), Failure(error));
    EXPECT_EQ(ErrorOf(block), error);
    EXPECT_TRUE(platform.transfers().empty());
  }

  const TempFile file_{"hello world"};
  std::string buffer_ = "12345";
};

// A8
TEST_F(ReadTest, ReadsAtTheOffset) {
  aiocb block = ReadBlock(file_.fd(), buffer_, 6);
  ASSERT_EQ(engine().Read(&block), 0);
  EXPECT_EQ(Await(block), Success(5));
  EXPECT_EQ(buffer_, "world");
}

// A8
TEST_F(ReadTest, LeavesTheFileOffsetAlone) {
  ASSERT_EQ(lseek(file_.fd(), 3, SEEK_SET), 3);
  aiocb block = ReadBlock(file_.fd(), buffer_, 6);
  ASSERT_EQ(engine().Read(&block), 0);
  EXPECT_EQ(Await(block), Success(5));
  EXPECT_EQ(lseek(file_.fd(), 0, SEEK_CUR), 3);
}

// A1
TEST_F(ReadTest, ReturnsBeforeTheTransfer) {
  platform.HoldTransfers();
  aiocb block = ReadBlock(file_.fd(), buffer_);
  EXPECT_EQ(engine().Read(&block), 0);
  EXPECT_EQ(ErrorOf(block), EINPROGRESS);
  platform.AwaitHeld(1);
  EXPECT_EQ(ErrorOf(block), EINPROGRESS);
  EXPECT_EQ(buffer_, "12345");
  platform.ReleaseAll();
  EXPECT_EQ(Await(block), Success(5));
  EXPECT_EQ(buffer_, "hello");
}

// A8
TEST_F(ReadTest, OfNoBytesSucceeds) {
  aiocb block = ReadBlock(file_.fd(), buffer_.data(), 0);
  ASSERT_EQ(engine().Read(&block), 0);
  EXPECT_EQ(Await(block), Success(0));
  EXPECT_EQ(buffer_, "12345");
}

// A10
TEST_F(ReadTest, IgnoresTheOpcode) {
  for (const int opcode : {int{LIO_WRITE}, int{LIO_NOP}, 12345}) {
    buffer_ = "12345";
    aiocb block = ReadBlock(file_.fd(), buffer_);
    block.aio_lio_opcode = opcode;
    ASSERT_EQ(engine().Read(&block), 0);
    EXPECT_EQ(Await(block), Success(5));
    EXPECT_EQ(buffer_, "hello");
  }
}

// A3
TEST_F(ReadTest, NeedsADescriptorOpenForReading) {
  const OpenedFile write_only("/dev/null", O_WRONLY);
  const OpenedFile path_only("/", O_PATH);
  const int closed = dup(file_.fd());
  close(closed);
  for (const int fd :
       {-1, INT_MIN, INT_MAX, closed, write_only.fd(), path_only.fd()}) {
    ExpectRefusal(ReadBlock(fd, buffer_), EBADF);
  }
}

// A4
TEST_F(ReadTest, RefusesPrioritiesOutOfRange) {
  for (const int priority : {-1, 21, INT_MIN, INT_MAX}) {
    aiocb block = ReadBlock(file_.fd(), buffer_);
    block.aio_reqprio = priority;
    ExpectRefusal(block, EINVAL);
  }
}

// A4
TEST_F(ReadTest, RefusesANegativeOffsetInAFile) {
  constexpr off_t kLeast = std::numeric_limits<off_t>::min();
  for (const off_t offset : {off_t{-1}, kLeast}) {
    ExpectRefusal(ReadBlock(file_.fd(), buffer_, offset), EINVAL);
  }
}

// A4: the offset means nothing to a pipe.
TEST_F(ReadTest, IgnoresTheOffsetOnAPipe) {
  const Channel pipe = Channel::Pipe();
  ASSERT_EQ(write(pipe.second(), "bytes", 5), 5);
  aiocb block = ReadBlock(pipe.first(), buffer_, -1);
  ASSERT_EQ(engine().Read(&block), 0);
  EXPECT_EQ(Await(block), Success(5));
  EXPECT_EQ(buffer_, "bytes");
}

// A4
TEST_F(ReadTest, RefusesACountBeyondTheResultsRange) {
  const size_t beyond = static_cast<size_t>(SSIZE_MAX) + 1;
  ExpectRefusal(ReadBlock(file_.fd(), buffer_.data(), beyond), EINVAL);
}

// A4
TEST_F(ReadTest, RefusesANullControlBlock) {
  EXPECT_EQ(engine().Read(nullptr), -EINVAL);
}

// A5, A8: no file reaches the offset maximum, so there is its end.
TEST_F(ReadTest, AtTheOffsetMaximumIsAtTheEndOfTheFile) {
  aiocb block = ReadBlock(file_.fd(), buffer_, kOffsetMaximum);
  ASSERT_EQ(engine().Read(&block), 0);
  EXPECT_EQ(Await(block), Success(0));
}

// A2, at the C boundary.
TEST(CReadTest, SetsErrno) {
  const TempFile file("hello world");
  std::string buffer = "12345";
  errno = 0;
  EXPECT_EQ(aioemul_read(nullptr), -1);
  EXPECT_EQ(errno, EINVAL);

  aiocb block = ReadBlock(-1, buffer);
  errno = 0;
  EXPECT_EQ(aioemul_read(&block), -1);
  EXPECT_EQ(errno, EBADF);
  EXPECT_EQ(aioemul_error(&block), EBADF);

  block.aio_fildes = file.fd();
  EXPECT_EQ(aioemul_read(&block), 0);
  const aiocb* list[] = {&block};
  EXPECT_EQ(aioemul_suspend(list, 1, nullptr), 0);
  EXPECT_EQ(aioemul_return(&block), 5);
  EXPECT_EQ(buffer, "hello");
}

}  // namespace
}  // namespace aioemul::testing
