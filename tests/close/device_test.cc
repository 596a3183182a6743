// Transfers that may block for as long as somebody else likes hold their file
// and do not hold up who closes the number (contract H2, I6): on a real
// terminal, where another reader takes the line that a read was told of.

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/behaviour/engine_fixture.h"
#include "tests/close/closer.h"
#include "tests/streams/descriptors.h"

namespace aioemul::testing {
namespace {

// Those that stand for the same file as `fd`, itself included.
std::set<int> DescriptorsOfFileOf(int fd) {
  struct stat wanted = {};
  EXPECT_EQ(fstat(fd, &wanted), 0);
  std::set<int> found;
  DIR* folder = opendir("/proc/self/fd");
  while (const dirent* entry = readdir(folder)) {
    struct stat status = {};
    const int number = atoi(entry->d_name);
    // By its name: a worker may be closing it at this moment, which
    // ThreadSanitizer would call a race with an fstat.
    if (entry->d_name[0] != '.' &&
        fstatat(dirfd(folder), entry->d_name, &status, 0) == 0 &&
        status.st_dev == wanted.st_dev && status.st_ino == wanted.st_ino) {
      found.insert(number);
    }
  }
  closedir(folder);
  return found;
}

// Whether another process may not lock the file.
bool IsLockedForOthers(int fd) {
  const pid_t child = fork();
  if (child == 0) {
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    const bool free = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type == F_UNLCK;
    _exit(free ? 0 : 1);
  }
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  return WEXITSTATUS(status) != 0;
}

class DeviceTest : public EngineTest {
 protected:
  DeviceTest() { options.threads.value = 4; }

  // Starts a read of the terminal and leaves it before, or in, a call that
  // blocks.
  void BlockInRead(int fd) {
    platform.HoldTransfers();
    blocked_ = ReadBlock(fd, line_);
    ASSERT_EQ(engine().Read(&blocked_), 0);
    Send(terminal_.writer.number(), "first\n");
    platform.AwaitHeld(1);
    EXPECT_EQ(Receive(terminal_.reader.number(), 6), "first\n");
    platform.ReleaseAll();
    EXPECT_EQ(engine().Cancel(fd, &blocked_), AIO_NOTCANCELED);
  }

  void ExpectItGetsTheNextLine() {
    EXPECT_EQ(ErrorOf(blocked_), EINPROGRESS);
    Send(terminal_.writer.number(), "second\n");
    EXPECT_EQ(Await(blocked_), Success(7));
    EXPECT_EQ(line_.substr(0, 7), "second\n");
  }

  int NumberForTerminal() const { return dup(terminal_.reader.number()); }

  const Channel terminal_ = MakeTerminal();
  const Channel pipe_ = MakePipe();
  std::string line_ = std::string(80, '.');
  std::string buffer_ = "....";
  aiocb blocked_ = {};
};

TEST_F(DeviceTest, AReadThatBlocksGoesOnWhenItsNumberIsClosed) {
  const int fd = NumberForTerminal();
  BlockInRead(fd);
  aiocb behind = ReadBlock(fd, buffer_);
  ASSERT_EQ(engine().Read(&behind), 0);
  EXPECT_EQ(CloseNow(engine(), fd), 0);
  EXPECT_EQ(Take(behind), Failure(ECANCELED));
  ExpectItGetsTheNextLine();
}

TEST_F(DeviceTest, TheNumbersNextFileHasItsLaneForItself) {
  const int fd = NumberForTerminal();
  BlockInRead(fd);
  EXPECT_EQ(CloseNow(engine(), fd), 0);
  ASSERT_EQ(dup2(pipe_.reader.number(), fd), fd);

  Send(pipe_.writer.number(), "pipe");
  aiocb read = ReadBlock(fd, buffer_);
  ASSERT_EQ(engine().Read(&read), 0);
  EXPECT_EQ(Await(read), Success(4));
  EXPECT_EQ(buffer_, "pipe");
  // It is the oldest there, too.
  aiocb barrier = SyncBlock(fd);
  ASSERT_EQ(engine().Sync(O_SYNC, &barrier), 0);
  EXPECT_EQ(Await(barrier), Failure(EINVAL));
  EXPECT_EQ(engine().Cancel(fd, nullptr), AIO_ALLDONE);

  // Its end disturbs nobody on the number.
  aiocb next = ReadBlock(fd, buffer_);
  aiocb after_next = ReadBlock(fd, buffer_);
  ASSERT_EQ(engine().Read(&next), 0);
  ASSERT_EQ(engine().Read(&after_next), 0);
  ExpectItGetsTheNextLine();
  EXPECT_EQ(CloseNow(engine(), fd), 0);
  EXPECT_EQ(Take(next), Failure(ECANCELED));
  EXPECT_EQ(Take(after_next), Failure(ECANCELED));
}

// Neither while the transfer runs nor when it ends.
TEST_F(DeviceTest, TheProcessHasNoDescriptorMoreAndKeepsItsRecordLocks) {
  const int fd = NumberForTerminal();
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  ASSERT_EQ(fcntl(fd, F_SETLK, &lock), 0);
  const std::set<int> before = DescriptorsOfFileOf(terminal_.reader.number());
  BlockInRead(fd);
  EXPECT_EQ(DescriptorsOfFileOf(terminal_.reader.number()), before);
  ExpectItGetsTheNextLine();
  // The thread that held the file has ended with the engine.
  RestartEngine();
  EXPECT_TRUE(IsLockedForOthers(fd));
  EXPECT_EQ(DescriptorsOfFileOf(terminal_.reader.number()), before);
  close(fd);
}

}  // namespace
}  // namespace aioemul::testing
