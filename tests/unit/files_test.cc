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

std::string Contents(const Descriptor& file) {
  char buffer[64] = {};
  EXPECT_GE(pread(file.get(), buffer, sizeof(buffer) - 1, 0), 0);
  return buffer;
}

void ExpectKind(const Descriptor& descriptor, DescriptorKind kind,
                const char* what) {
  ASSERT_GE(descriptor.get(), 0) << what;
  EXPECT_EQ(files::KindOf(descriptor.get()), kind) << what;
}

// I6: regular files, directories and block devices; nothing else.
TEST(FilesTest, FilesAreWhatTheTypeSays) {
  for (const int flags : {O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_APPEND}) {
    ExpectKind(OpenTemporary(flags), DescriptorKind::kFile, "file");
  }
  for (const char* path : {".", "/proc/self/stat"}) {
    ExpectKind(Descriptor(open(path, O_RDONLY)), DescriptorKind::kFile, path);
  }
}

TEST(FilesTest, PipesFifosAndSocketsAreWhatTheyAre) {
  const Pipe pipe = MakePipe();
  ExpectKind(pipe.reader, DescriptorKind::kPipe, "pipe");
  ExpectKind(pipe.writer, DescriptorKind::kPipe, "pipe");
  const std::string path =
      ::testing::TempDir() + "/fifo_" + std::to_string(getpid());
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  ExpectKind(Descriptor(open(path.c_str(), O_RDWR)), DescriptorKind::kPipe,
             "FIFO");
  EXPECT_EQ(unlink(path.c_str()), 0);
  for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
    ExpectKind(Descriptor(socket(AF_UNIX, type, 0)), DescriptorKind::kSocket,
               "socket");
  }
}

// Many of these take an offset, or seek, and are no files all the same.
TEST(FilesTest, CharacterDevicesAndTheNamelessAreNeither) {
  for (const char* path : {"/dev/null", "/dev/zero"}) {
    ExpectKind(Descriptor(open(path, O_RDWR)), DescriptorKind::kOther, path);
  }
  ExpectKind(Descriptor(posix_openpt(O_RDWR | O_NOCTTY)),
             DescriptorKind::kOther, "pseudo-terminal");
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGUSR1);
  ExpectKind(Descriptor(eventfd(0, 0)), DescriptorKind::kOther, "eventfd");
  ExpectKind(Descriptor(timerfd_create(CLOCK_MONOTONIC, 0)),
             DescriptorKind::kOther, "timerfd");
  ExpectKind(Descriptor(signalfd(-1, &signals, 0)), DescriptorKind::kOther,
             "signalfd");
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
