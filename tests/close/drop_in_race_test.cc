// Requests on a number that others make stand for another file at the same
// time (contract H2).  On one file they may write and on the other not: an
// accepted write is carried out on the first or cancelled, and never meets the
// second, which would answer EBADF.

#include <aio.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/fork/child.h"

namespace aioemul::testing {
namespace {

constexpr int kSubmitters = 2;
constexpr int kFreshNumbers = 700;

// What became of the writes of one thread or more.
struct Tally {
  std::atomic<int> written{0};
  std::atomic<int> cancelled{0};
  std::atomic<int> refused{0};  // EBADF, by the call
  std::atomic<int> wrong{0};
};

// Submits a write of one byte and waits for its end.
void WriteOnce(int fd, Tally& tally) {
  char byte = 'x';
  aiocb block = {};
  block.aio_fildes = fd;
  block.aio_buf = &byte;
  block.aio_nbytes = 1;
  block.aio_sigevent.sigev_notify = SIGEV_NONE;
  if (aio_write(&block) != 0) {
    ++(errno == EBADF ? tally.refused : tally.wrong);
    return;
  }
  const aiocb* const list[] = {&block};
  while (aio_error(&block) == EINPROGRESS) aio_suspend(list, 1, nullptr);
  switch (aio_error(&block)) {
    case 0:
      ++(aio_return(&block) == 1 ? tally.written : tally.wrong);
      break;
    case ECANCELED:
      ++tally.cancelled;
      break;
    default:
      ++tally.wrong;
  }
}

// Makes `fd` stand for `refusing` and for `taking` in turn, and leaves a lull
// of changing length after each, so that the changes fall into every moment of
// a submission.
void Switch(int fd, int taking, int refusing, int times) {
  for (int i = 0; i < times; ++i) {
    EXPECT_EQ(dup2(i % 2 == 0 ? refusing : taking, fd), fd);
    for (volatile int lull = i % 1500; lull > 0;) lull = lull - 1;
  }
}

void RaceOnOneNumber(int taking, int refusing, int times) {
  const Descriptor number(dup(taking));
  std::atomic<bool> over{false};
  Tally tally;
  std::array<std::thread, kSubmitters> submitters;
  for (std::thread& submitter : submitters) {
    submitter = std::thread([&] {
      while (!over) WriteOnce(number.number(), tally);
    });
  }
  Switch(number.number(), taking, refusing, times);
  over = true;
  for (std::thread& submitter : submitters) submitter.join();
  EXPECT_EQ(tally.wrong, 0);
  WriteOnce(number.number(), tally);
  EXPECT_GT(tally.written, 0);
  EXPECT_EQ(tally.wrong, 0);
}

// A number that was never used for each round: its queue is made in the race.
void RaceOnFreshNumbers(int taking, int refusing, Tally& tally) {
  constexpr int kRounds = kFreshNumbers;
  constexpr int kFirst = 200;
  // Both sides start each round together.
  std::atomic<int> round{0};
  std::atomic<int> submitted{0};
  for (int i = 0; i < kRounds; ++i) {
    CHILD_CHECK(dup2(taking, kFirst + i) == kFirst + i);
  }
  std::thread submitter([&] {
    for (int i = 0; i < kRounds; ++i) {
      while (round <= i) sched_yield();
      WriteOnce(kFirst + i, tally);
      submitted = i + 1;
    }
  });
  for (int i = 0; i < kRounds; ++i) {
    round = i + 1;
    for (volatile int lull = i * 7 % 1500; lull > 0;) lull = lull - 1;
    CHILD_CHECK(dup2(refusing, kFirst + i) == kFirst + i);
    while (submitted <= i) sched_yield();
  }
  submitter.join();
}

class RaceTest : public ::testing::Test {
 protected:
  ~RaceTest() override { unlink(path_.c_str()); }

  static std::string NewFile() {
    std::string path = ::testing::TempDir() + "/race.XXXXXX";
    close(mkstemp(path.data()));
    return path;
  }

  const std::string path_ = NewFile();
  const Descriptor read_only_{open(path_.c_str(), O_RDONLY)};
  const TempFile file_;
};

// In children: each has a library that has seen no number yet.  First, since a
// sanitizer leaves a child its memory only if no worker was starting or ending.
TEST_F(RaceTest, TheFirstUseOfANumberMayBeInTheRace) {
  for (int i = 0; i < 30; ++i) {
    ASSERT_EQ(InChild([&] {
                Tally tally;
                RaceOnFreshNumbers(file_.fd(), read_only_.number(), tally);
                CHILD_CHECK(tally.wrong == 0);
                CHILD_CHECK(tally.written + tally.cancelled + tally.refused ==
                            kFreshNumbers);
              }),
              "ok");
  }
  EXPECT_EQ(lseek(read_only_.number(), 0, SEEK_END), 0);
}

TEST_F(RaceTest, NoWriteReachesAFileThatTookOverTheNumber) {
  RaceOnOneNumber(file_.fd(), read_only_.number(), 120'000);
  EXPECT_EQ(lseek(read_only_.number(), 0, SEEK_END), 0);
}

TEST_F(RaceTest, NoWriteReachesAnEndOfAPipeThatTookOverTheNumber) {
  const Channel pipe = Channel::Pipe();
  std::thread drain([&] {
    std::array<char, 4096> bytes;
    ssize_t count = 0;
    do {
      count = read(pipe.first(), bytes.data(), bytes.size());
    } while (count > 0 && bytes[static_cast<size_t>(count) - 1] != '.');
  });
  RaceOnOneNumber(pipe.second(), pipe.first(), 120'000);
  EXPECT_EQ(write(pipe.second(), ".", 1), 1);
  drain.join();
}

}  // namespace
}  // namespace aioemul::testing
