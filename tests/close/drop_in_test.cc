// close, dup2, dup3, close_range and closefrom of the drop-in library: what the
// C library's do, and what is outstanding on what they close is cancelled; on
// nothing else (contract H2).

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/close/waiting_read.h"
#include "tests/fork/child.h"

namespace aioemul::testing {
namespace {

// The value that errno has before a call that must not change it.
constexpr int kUntouched = 4711;
constexpr int kNeverOpen = 1'000'000;

bool IsOpen(int fd) { return fcntl(fd, F_GETFD) >= 0; }

class DropInTest : public ::testing::Test {
 protected:
  ~DropInTest() override {
    for (const int fd : numbers_) close(fd);
  }

  // Another number of the pipe's reading end, not below `least`.  The library
  // takes the lowest that it can have for its own, also one just closed.
  int Number(int least = 600) {
    const int fd = fcntl(pipe_.first(), F_DUPFD, least);
    EXPECT_GE(fd, 0);
    numbers_[count_++] = fd;
    return fd;
  }

  // `result` is what a call gave that must have failed so.
  static void ExpectFailure(int result, int error) {
    EXPECT_EQ(result, -1);
    EXPECT_EQ(errno, error);
  }

  const Channel pipe_ = Channel::Pipe();

 private:
  std::array<int, 8> numbers_ = {-1, -1, -1, -1, -1, -1, -1, -1};
  size_t count_ = 0;
};

// In a child, since they close what the test itself needs; and first, since
// AddressSanitizer leaves a child its memory only if no worker was starting.
TEST_F(DropInTest, ClosefromAndTheLargestRangeCancelAll) {
  const auto closes_all = [this](void (*close_all)()) {
    return InChild([&] {
      std::array<int, 2> ends;
      CHILD_CHECK(pipe(ends.data()) == 0);
      const WaitingRead low(ends[0]);
      const WaitingRead high(fcntl(ends[0], F_DUPFD, 1000));
      errno = kUntouched;
      close_all();
      CHILD_CHECK(errno == kUntouched);
      CHILD_CHECK(low.cancelled() && high.cancelled());
      CHILD_CHECK(!IsOpen(ends[0]) && !IsOpen(pipe_.first()));
      CHILD_CHECK(IsOpen(STDERR_FILENO));
    });
  };
  EXPECT_EQ(closes_all([] { closefrom(3); }), "ok");
  EXPECT_EQ(closes_all([] { CHILD_CHECK(close_range(3, UINT_MAX, 0) == 0); }),
            "ok");
}

TEST_F(DropInTest, CloseCancelsAndCloses) {
  const int fd = Number();
  const WaitingRead read(fd);
  const WaitingRead other(pipe_.first());
  errno = kUntouched;
  EXPECT_EQ(close(fd), 0);
  EXPECT_EQ(errno, kUntouched);
  EXPECT_TRUE(read.cancelled());
  EXPECT_TRUE(other.waits());
  EXPECT_FALSE(IsOpen(fd));
  ExpectFailure(close(fd), EBADF);
  ExpectFailure(close(-1), EBADF);
  ExpectFailure(close(INT_MAX), EBADF);
  ExpectFailure(close(INT_MIN), EBADF);
}

TEST_F(DropInTest, Dup2CancelsWhatItCloses) {
  const int fd = Number();
  const WaitingRead read(fd);
  const WaitingRead source(pipe_.first());
  errno = kUntouched;
  EXPECT_EQ(dup2(pipe_.first(), fd), fd);
  EXPECT_EQ(errno, kUntouched);
  EXPECT_TRUE(read.cancelled());
  EXPECT_TRUE(source.waits());
  EXPECT_EQ(fcntl(fd, F_GETFD), 0);
  // The number is as good as new.
  const WaitingRead next(fd);
  EXPECT_TRUE(next.waits());
}

TEST_F(DropInTest, Dup2ThatClosesNothingCancelsNothing) {
  const int fd = Number();
  const WaitingRead read(fd);
  EXPECT_EQ(dup2(fd, fd), fd);
  ExpectFailure(dup2(kNeverOpen, fd), EBADF);
  ExpectFailure(dup2(-1, fd), EBADF);
  ExpectFailure(dup2(kNeverOpen, kNeverOpen), EBADF);
  ExpectFailure(dup2(fd, -1), EBADF);
  EXPECT_TRUE(read.waits());
}

TEST_F(DropInTest, Dup3CancelsWhatItCloses) {
  const int fd = Number();
  const WaitingRead read(fd);
  errno = kUntouched;
  EXPECT_EQ(dup3(pipe_.first(), fd, O_CLOEXEC), fd);
  EXPECT_EQ(errno, kUntouched);
  EXPECT_TRUE(read.cancelled());
  EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

TEST_F(DropInTest, Dup3ThatClosesNothingCancelsNothing) {
  const int fd = Number();
  const WaitingRead read(fd);
  ExpectFailure(dup3(fd, fd, 0), EINVAL);
  ExpectFailure(dup3(pipe_.first(), fd, O_APPEND), EINVAL);
  ExpectFailure(dup3(pipe_.first(), fd, -1), EINVAL);
  ExpectFailure(dup3(kNeverOpen, fd, 0), EBADF);
  ExpectFailure(dup3(pipe_.first(), -1, 0), EBADF);
  EXPECT_TRUE(read.waits());
}

TEST_F(DropInTest, CloseRangeCancelsInsideAndNothingOutside) {
  const int below = Number(600);
  const int first = Number(below + 1);
  const int middle = Number(first + 200);
  const int last = Number(middle + 100);
  const int above = Number(last + 1);
  const WaitingRead outside_below(below);
  const WaitingRead at_first(first);
  const WaitingRead at_middle(middle);
  const WaitingRead at_last(last);
  const WaitingRead outside_above(above);
  errno = kUntouched;
  EXPECT_EQ(
      close_range(static_cast<unsigned>(first), static_cast<unsigned>(last), 0),
      0);
  EXPECT_EQ(errno, kUntouched);
  EXPECT_TRUE(at_first.cancelled());
  EXPECT_TRUE(at_middle.cancelled());
  EXPECT_TRUE(at_last.cancelled());
  EXPECT_TRUE(outside_below.waits());
  EXPECT_TRUE(outside_above.waits());
  for (const int fd : {first, middle, last}) EXPECT_FALSE(IsOpen(fd));
  for (const int fd : {below, above}) EXPECT_TRUE(IsOpen(fd));
}

TEST_F(DropInTest, CloseRangeOfOneCancelsIt) {
  const int fd = Number();
  const WaitingRead read(fd);
  const auto number = static_cast<unsigned>(fd);
  EXPECT_EQ(close_range(number, number, 0), 0);
  EXPECT_TRUE(read.cancelled());
  EXPECT_FALSE(IsOpen(fd));
}

TEST_F(DropInTest, CloseRangeThatClosesNothingCancelsNothing) {
  const int fd = Number();
  const WaitingRead read(fd);
  const auto number = static_cast<unsigned>(fd);
  EXPECT_EQ(close_range(number, number, CLOSE_RANGE_CLOEXEC), 0);
  EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(close_range(0, UINT_MAX, CLOSE_RANGE_CLOEXEC), 0);
  ExpectFailure(close_range(number + 1, number, 0), EINVAL);
  ExpectFailure(close_range(number, number, INT_MIN), EINVAL);
  EXPECT_EQ(close_range(UINT_MAX - 1, UINT_MAX, 0), 0);
  EXPECT_TRUE(read.waits());
}

TEST_F(DropInTest, ASpawnedProgramsDescriptorsAreItsOwn) {
  const int fd = Number();
  const int other = Number();
  const WaitingRead read(fd);
  const WaitingRead other_read(other);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addclose(&actions, fd);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, other);
  pid_t child = -1;
  const std::array<const char*, 2> arguments = {"/bin/true", nullptr};
  EXPECT_EQ(posix_spawn(&child, arguments[0], &actions, nullptr,
                        const_cast<char* const*>(arguments.data()), environ),
            0);
  posix_spawn_file_actions_destroy(&actions);
  EXPECT_EQ(VerdictOf(child), "ok");
  EXPECT_TRUE(read.waits() && other_read.waits());
}

}  // namespace
}  // namespace aioemul::testing
