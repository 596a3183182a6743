// Closing any descriptor of a file drops all record locks that the process has
// on it, so the library closes none of a file's (contract H2).

#include <aio.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <string>
#include <thread>

#include "aio/aio.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/fork/calls.h"
#include "tests/fork/child.h"

namespace aioemul::testing {
namespace {

struct flock WholeFile() {
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

// How many of the process's descriptors stand for the file of `fd`.
int DescriptorsOfFileOf(int fd) {
  struct stat wanted = {};
  EXPECT_EQ(fstat(fd, &wanted), 0);
  int count = 0;
  DIR* folder = opendir("/proc/self/fd");
  while (const dirent* entry = readdir(folder)) {
    struct stat status = {};
    count +=
        entry->d_name[0] != '.' && fstat(atoi(entry->d_name), &status) == 0 &&
                status.st_dev == wanted.st_dev && status.st_ino == wanted.st_ino
            ? 1
            : 0;
  }
  closedir(folder);
  return count;
}

class RecordLockTest : public ::testing::Test {
 protected:
  RecordLockTest() {
    struct flock lock = WholeFile();
    EXPECT_EQ(fcntl(file_.fd(), F_SETLK, &lock), 0);
  }

  // As another process sees it.
  void ExpectLocked() {
    EXPECT_EQ(InChild([this] {
                struct flock lock = WholeFile();
                CHILD_CHECK(fcntl(file_.fd(), F_GETLK, &lock) == 0);
                CHILD_CHECK(lock.l_type == F_WRLCK);
                CHILD_CHECK(lock.l_pid == getppid());
              }),
              "ok");
  }

  // Writes, reads and synchronizations, of which some are cancelled.
  void BeBusy(int fd) {
    std::array<aiocb, 32> blocks;
    std::array<std::string, 32> bytes;
    for (size_t i = 0; i < blocks.size(); ++i) {
      bytes[i] = std::string(100, 'x');
      blocks[i] = BlockFor(fd, bytes[i], static_cast<off_t>(i));
      switch (i % 4) {
        case 0:
          EXPECT_EQ(aioemul_read(&blocks[i]), 0);
          break;
        case 1:
          EXPECT_EQ(aioemul_fsync(O_DSYNC, &blocks[i]), 0);
          break;
        default:
          EXPECT_EQ(aioemul_write(&blocks[i]), 0);
      }
    }
    aioemul_cancel(fd, nullptr);
    for (const aiocb& block : blocks) Await(block);
  }

  const TempFile file_;
};

TEST_F(RecordLockTest, IsHeldThroughTransfersAndCancellations) {
  for (int i = 0; i < 300; ++i) BeBusy(file_.fd());
  ExpectLocked();
}

TEST_F(RecordLockTest, NoDescriptorOfTheLibrarysIsThatOfAFile) {
  std::atomic<int> times{0};
  std::atomic<bool> over{false};
  std::thread busy([&] {
    for (; !over; ++times) BeBusy(file_.fd());
  });
  while (times < 100) EXPECT_EQ(DescriptorsOfFileOf(file_.fd()), 1);
  over = true;
  busy.join();
  ExpectLocked();
}

// What the lock's owner closes of the file himself drops it, as ever.
TEST_F(RecordLockTest, IsDroppedByTheProgramsOwnClose) {
  const int other = dup(file_.fd());
  BeBusy(other);
  ExpectLocked();
  EXPECT_EQ(aioemul_close(other), 0);
  EXPECT_EQ(InChild([this] {
              struct flock lock = WholeFile();
              CHILD_CHECK(fcntl(file_.fd(), F_SETLK, &lock) == 0);
            }),
            "ok");
}

}  // namespace
}  // namespace aioemul::testing
