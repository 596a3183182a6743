// What is refused at submission, and what becomes of what is not: contract A3,
// A4, A5, A9, A10, B1, G3, I5.

#include "emul/validate.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdint>
#include <limits>
#include <optional>

#include "gtest/gtest.h"
#include "tests/support/fake_platform.h"
#include "tests/unit/descriptor.h"

namespace aioemul {
namespace {

class ValidateTest : public ::testing::Test {
 protected:
  int Read(int fd) { return Transfer(fd, Direction::kRead); }
  int Write(int fd) { return Transfer(fd, Direction::kWrite); }
  int Transfer(int fd, Direction direction) {
    block_.aio_fildes = fd;
    submission_ = Submission();
    return ValidateTransfer(block_, direction, platform_, &submission_);
  }
  int Sync(int fd, int operation) {
    block_.aio_fildes = fd;
    submission_ = Submission();
    return ValidateSync(block_, operation, platform_, &submission_);
  }
  // The operation chosen; none when refused.
  std::optional<Operation> Chosen(int fd, Direction direction) {
    if (Transfer(fd, direction) != 0) return std::nullopt;
    return submission_.transfer.operation;
  }

  testing::FakePlatform platform_;
  aiocb block_ = {};
  Submission submission_;
};

// --- A3

TEST_F(ValidateTest, DescriptorMustBeOpenForTheDirection) {
  const Descriptor read_only = OpenTemporary(O_RDONLY);
  const Descriptor write_only = OpenTemporary(O_WRONLY);
  const Descriptor both = OpenTemporary(O_RDWR);
  EXPECT_EQ(Read(read_only.get()), 0);
  EXPECT_EQ(Write(read_only.get()), -EBADF);
  EXPECT_EQ(Read(write_only.get()), -EBADF);
  EXPECT_EQ(Write(write_only.get()), 0);
  EXPECT_EQ(Read(both.get()), 0);
  EXPECT_EQ(Write(both.get()), 0);
  const Pipe pipe = MakePipe();
  EXPECT_EQ(Write(pipe.reader.get()), -EBADF);
  EXPECT_EQ(Read(pipe.writer.get()), -EBADF);
}

TEST_F(ValidateTest, NumbersThatAreNoOpenDescriptorAreRefused) {
  const Descriptor path(open(".", O_PATH));
  for (const int fd : {path.get(), ClosedNumber(), -1, INT_MIN, INT_MAX}) {
    EXPECT_EQ(Read(fd), -EBADF) << fd;
    EXPECT_EQ(Write(fd), -EBADF) << fd;
    EXPECT_EQ(Sync(fd, O_SYNC), -EBADF) << fd;
    EXPECT_EQ(Sync(fd, O_DSYNC), -EBADF) << fd;
  }
}

TEST_F(ValidateTest, SynchronizationNeedsOnlyAnOpenDescriptor) {
  const Descriptor read_only = OpenTemporary(O_RDONLY);
  const Descriptor write_only = OpenTemporary(O_WRONLY);
  const Pipe pipe = MakePipe();
  for (const int fd : {read_only.get(), write_only.get(), pipe.reader.get()}) {
    EXPECT_EQ(Sync(fd, O_SYNC), 0);
    EXPECT_EQ(submission_.transfer.operation, Operation::kSync);
    EXPECT_EQ(submission_.transfer.fd, fd);
    EXPECT_EQ(Sync(fd, O_DSYNC), 0);
    EXPECT_EQ(submission_.transfer.operation, Operation::kSyncData);
  }
}

// --- A4

TEST_F(ValidateTest, PriorityDeltaHasLimits) {
  const Descriptor file = OpenTemporary(O_RDWR);
  for (const int delta : {0, 1, 20}) {
    block_.aio_reqprio = delta;
    EXPECT_EQ(Read(file.get()), 0) << delta;
    EXPECT_EQ(Write(file.get()), 0) << delta;
  }
  for (const int delta : {-1, 21, INT_MIN, INT_MAX}) {
    block_.aio_reqprio = delta;
    EXPECT_EQ(Read(file.get()), -EINVAL) << delta;
    EXPECT_EQ(Write(file.get()), -EINVAL) << delta;
  }
}

TEST_F(ValidateTest, NegativeOffsetIsRefusedWhereOffsetsMatter) {
  const Descriptor file = OpenTemporary(O_RDWR);
  const Pipe pipe = MakePipe();
  for (const off_t offset : {off_t{-1}, std::numeric_limits<off_t>::min()}) {
    block_.aio_offset = offset;
    EXPECT_EQ(Read(file.get()), -EINVAL);
    EXPECT_EQ(Write(file.get()), -EINVAL);
    EXPECT_EQ(Read(pipe.reader.get()), 0);
    EXPECT_EQ(Write(pipe.writer.get()), 0);
  }
}

TEST_F(ValidateTest, CountAboveSsizeMaxIsRefused) {
  const Descriptor file = OpenTemporary(O_RDWR);
  block_.aio_nbytes = SSIZE_MAX;
  EXPECT_EQ(Read(file.get()), 0);
  EXPECT_EQ(Write(file.get()), 0);
  for (const size_t count : {size_t{SSIZE_MAX} + 1, SIZE_MAX}) {
    block_.aio_nbytes = count;
    EXPECT_EQ(Read(file.get()), -EINVAL);
    EXPECT_EQ(Write(file.get()), -EINVAL);
  }
}

TEST_F(ValidateTest, SynchronizationIgnoresWhatBelongsToTransfers) {
  const Descriptor file = OpenTemporary(O_RDWR);
  block_.aio_reqprio = -1;
  block_.aio_offset = -1;
  block_.aio_nbytes = SIZE_MAX;
  EXPECT_EQ(Sync(file.get(), O_SYNC), 0);
}

TEST_F(ValidateTest, UnknownSynchronizationIsRefused) {
  const Descriptor file = OpenTemporary(O_RDWR);
  for (const int operation :
       {0, -1, O_RDWR, O_APPEND, O_SYNC | O_APPEND, O_DSYNC | O_RDWR}) {
    EXPECT_EQ(Sync(file.get(), operation), -EINVAL) << operation;
  }
}

// --- A5

// EOVERFLOW would take a file that reaches beyond the offset maximum, and
// off_t cannot say that there is one.
TEST_F(ValidateTest, WriteAtTheOffsetMaximumIsTooBig) {
  const Descriptor file = OpenTemporary(O_RDWR);
  block_.aio_nbytes = 1;
  block_.aio_offset = kOffsetMaximum - 1;
  EXPECT_EQ(Write(file.get()), 0);
  block_.aio_offset = kOffsetMaximum;
  EXPECT_EQ(Write(file.get()), -EFBIG);
  EXPECT_EQ(Read(file.get()), 0) << "beyond the end of the file";
  block_.aio_nbytes = 0;
  EXPECT_EQ(Write(file.get()), 0);
}

TEST_F(ValidateTest, OffsetMaximumIsThatOfRegularFilesAlone) {
  const Descriptor device(open("/dev/null", O_RDWR));
  block_.aio_nbytes = 1;
  block_.aio_offset = kOffsetMaximum;
  EXPECT_EQ(Write(device.get()), 0);
  EXPECT_EQ(Read(device.get()), 0);
  const Pipe pipe = MakePipe();
  EXPECT_EQ(Write(pipe.writer.get()), 0);
}

// --- What a submission becomes

TEST_F(ValidateTest, TransferIsTheOneOfTheControlBlock) {
  const Descriptor file = OpenTemporary(O_RDWR);
  char buffer[8];
  block_.aio_buf = buffer;
  block_.aio_nbytes = sizeof(buffer);
  block_.aio_offset = 12'345;
  EXPECT_EQ(Read(file.get()), 0);
  EXPECT_EQ(submission_.transfer.fd, file.get());
  EXPECT_EQ(submission_.transfer.buffer, buffer);
  EXPECT_EQ(submission_.transfer.count, sizeof(buffer));
  EXPECT_EQ(submission_.transfer.offset, 12'345);
}

TEST_F(ValidateTest, LevelIsThePriorityOfTheCallerLessTheDelta) {
  const Descriptor file = OpenTemporary(O_RDWR);
  platform_.set_caller_priority(50);
  block_.aio_reqprio = 7;
  EXPECT_EQ(Read(file.get()), 0);
  EXPECT_EQ(submission_.level, LevelOf(50, 7));
  EXPECT_EQ(Sync(file.get(), O_SYNC), 0);
  EXPECT_EQ(submission_.level, LevelOf(50, 0));
}

TEST_F(ValidateTest, ListOpcodeIsIgnored) {
  const Descriptor file = OpenTemporary(O_RDWR);
  const int opcodes[] = {LIO_READ, LIO_WRITE, LIO_NOP, 77, -1};
  for (const int opcode : opcodes) {
    block_.aio_lio_opcode = opcode;
    EXPECT_EQ(Chosen(file.get(), Direction::kRead), Operation::kReadAt);
    EXPECT_EQ(Chosen(file.get(), Direction::kWrite), Operation::kWriteAt);
  }
}

// I6: a character device that takes an offset is no file.
TEST_F(ValidateTest, FilesAloneTakeOffsets) {
  const Descriptor file = OpenTemporary(O_RDWR);
  EXPECT_EQ(Chosen(file.get(), Direction::kRead), Operation::kReadAt);
  EXPECT_EQ(Chosen(file.get(), Direction::kWrite), Operation::kWriteAt);
  const Descriptor device(open("/dev/zero", O_RDWR));
  EXPECT_EQ(Chosen(device.get(), Direction::kRead), Operation::kReadStream);
  EXPECT_EQ(Chosen(device.get(), Direction::kWrite), Operation::kWriteStream);
}

TEST_F(ValidateTest, WritesOnAnAppendingFileAreAppends) {
  const Descriptor file = OpenTemporary(O_RDWR | O_APPEND);
  EXPECT_EQ(Chosen(file.get(), Direction::kRead), Operation::kReadAt);
  EXPECT_EQ(Chosen(file.get(), Direction::kWrite), Operation::kAppend);
}

TEST_F(ValidateTest, UnseekableDescriptorsAreStreams) {
  int sockets[2] = {-1, -1};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
  const Descriptor near_end(sockets[0]);
  const Descriptor far_end(sockets[1]);
  const Descriptor counter(eventfd(0, 0));
  const Descriptor terminal(posix_openpt(O_RDWR | O_NOCTTY));
  for (const int fd : {near_end.get(), counter.get(), terminal.get()}) {
    EXPECT_EQ(Chosen(fd, Direction::kRead), Operation::kReadStream) << fd;
    EXPECT_EQ(Chosen(fd, Direction::kWrite), Operation::kWriteStream) << fd;
  }
  const Pipe pipe = MakePipe();
  EXPECT_EQ(Chosen(pipe.reader.get(), Direction::kRead),
            Operation::kReadStream);
  EXPECT_EQ(Chosen(pipe.writer.get(), Direction::kWrite),
            Operation::kWriteStream);
}

TEST_F(ValidateTest, AppendingStreamIsAStream) {
  const Pipe pipe = MakePipe();
  ASSERT_EQ(fcntl(pipe.writer.get(), F_SETFL, O_APPEND), 0);
  EXPECT_EQ(Chosen(pipe.writer.get(), Direction::kWrite),
            Operation::kWriteStream);
}

}  // namespace
}  // namespace aioemul
