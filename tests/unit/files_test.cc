// What differs between systems about files, as platform.h promises it:
// contract A3, B4, I5.  Compiled once for each implementation file;
// AIOEMUL_TEST_PORTABLE says which, and the differences are the portable file's
// documented ones.

#include "emul/platform/files.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

#include "gtest/gtest.h"
#include "tests/unit/descriptor.h"

namespace aioemul {
namespace {

constexpr bool kPortable = AIOEMUL_TEST_PORTABLE != 0;

void ExpectTakesOffset(const Descriptor& descriptor, bool expected,
                       const char* what) {
  for (const Direction direction : {Direction::kRead, Direction::kWrite}) {
    const int access = fcntl(descriptor.get(), F_GETFL) & O_ACCMODE;
    const int other = direction == Direction::kRead ? O_WRONLY : O_RDONLY;
    if (access == other) continue;
    EXPECT_EQ(files::TakesOffset(descriptor.get(), direction), expected)
        << what;
  }
}

std::string Contents(const Descriptor& file) {
  char buffer[64] = {};
  EXPECT_GE(pread(file.get(), buffer, sizeof(buffer) - 1, 0), 0);
  return buffer;
}

TEST(FilesTest, FilesAndSeekableDevicesTakeOffsets) {
  for (const int flags : {O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_APPEND}) {
    ExpectTakesOffset(OpenTemporary(flags), true, "file");
  }
  for (const char* path : {"/dev/null", "/dev/zero"}) {
    ExpectTakesOffset(Descriptor(open(path, O_RDWR)), true, path);
  }
  ExpectTakesOffset(Descriptor(open(".", O_RDONLY)), true, "directory");
}

TEST(FilesTest, PipesAndFifosTakeNone) {
  const Pipe pipe = MakePipe();
  ExpectTakesOffset(pipe.reader, false, "pipe");
  ExpectTakesOffset(pipe.writer, false, "pipe");
  const std::string path =
      ::testing::TempDir() + "/fifo_" + std::to_string(getpid());
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  ExpectTakesOffset(Descriptor(open(path.c_str(), O_RDWR)), false, "FIFO");
  EXPECT_EQ(unlink(path.c_str()), 0);
}

TEST(FilesTest, SocketsTakeNone) {
  ExpectTakesOffset(Descriptor(socket(AF_UNIX, SOCK_STREAM, 0)), false,
                    "stream socket");
  ExpectTakesOffset(Descriptor(socket(AF_UNIX, SOCK_DGRAM, 0)), false,
                    "datagram socket");
  const Descriptor listening(socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr address = {};
  address.sa_family = AF_UNIX;
  ASSERT_EQ(bind(listening.get(), &address, sizeof(address.sa_family)), 0);
  ASSERT_EQ(listen(listening.get(), 1), 0);
  ExpectTakesOffset(listening, false, "listening socket");
}

TEST(FilesTest, TerminalsTakeNone) {
  ExpectTakesOffset(Descriptor(posix_openpt(O_RDWR | O_NOCTTY)), false,
                    "pseudo-terminal");
}

// lseek succeeds on these, where a positioned transfer fails.
TEST(FilesTest, LikesOfEventfdTakeNoneThoughTheySeek) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGUSR1);
  ExpectTakesOffset(Descriptor(eventfd(0, 0)), kPortable, "eventfd");
  ExpectTakesOffset(Descriptor(timerfd_create(CLOCK_MONOTONIC, 0)), kPortable,
                    "timerfd");
  ExpectTakesOffset(Descriptor(signalfd(-1, &signals, 0)), kPortable,
                    "signalfd");
}

TEST(FilesTest, AskingMovesNothing) {
  const Descriptor file = OpenTemporary(O_RDWR);
  ASSERT_EQ(write(file.get(), "abc", 3), 3);
  ExpectTakesOffset(file, true, "file");
  EXPECT_EQ(lseek(file.get(), 0, SEEK_CUR), 3);
  EXPECT_EQ(Contents(file), "abc");
  const Pipe pipe = MakePipe();
  ASSERT_EQ(write(pipe.writer.get(), "abc", 3), 3);
  ExpectTakesOffset(pipe.reader, false, "pipe");
  char buffer[8] = {};
  EXPECT_EQ(read(pipe.reader.get(), buffer, sizeof(buffer)), 3);
}

TEST(FilesTest, DescriptorForPathsAloneIsToldFromOthers) {
  const Descriptor path(open(".", O_PATH));
  EXPECT_EQ(files::IsPathOnly(fcntl(path.get(), F_GETFL)), !kPortable);
  for (const int flags : {O_RDONLY, O_WRONLY, O_RDWR}) {
    const Descriptor file = OpenTemporary(flags);
    EXPECT_FALSE(files::IsPathOnly(fcntl(file.get(), F_GETFL)));
  }
}

TEST(FilesTest, AppendsGoToTheEndWhereverTheFileOffsetIs) {
  const Descriptor file = OpenTemporary(O_RDWR | O_APPEND);
  EXPECT_EQ(files::Append(file.get(), "one", 3), 3);
  ASSERT_EQ(lseek(file.get(), 0, SEEK_SET), 0);
  EXPECT_EQ(files::Append(file.get(), "two", 3), 3);
  EXPECT_EQ(Contents(file), "onetwo");
}

// The portable way is write, which moves the file offset.
TEST(FilesTest, AppendLeavesTheFileOffsetAlone) {
  const Descriptor file = OpenTemporary(O_RDWR | O_APPEND);
  EXPECT_EQ(files::Append(file.get(), "abc", 3), 3);
  EXPECT_EQ(lseek(file.get(), 0, SEEK_CUR), kPortable ? 3 : 0);
}

TEST(FilesTest, FailedAppendReportsItsError) {
  errno = 0;
  EXPECT_EQ(files::Append(ClosedNumber(), "x", 1), -1);
  EXPECT_EQ(errno, EBADF);
}

}  // namespace
}  // namespace aioemul
