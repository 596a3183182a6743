// What the honest backends can do they do right, and what they cannot they say.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <future>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tools/backends/backend.h"
#include "tools/backends/broken_probe.h"

namespace aioemul::backends {
namespace {

constexpr timespec kNoTime = {0, 0};

enum class Streams { kNone, kReady, kAll };

struct Honest {
  const char* name;
  Streams streams;
};

class HonestBackend : public testing::TestWithParam<Honest> {
 protected:
  void SetUp() override {
    const std::string path =
        std::string("tools/backends/lib") + GetParam().name + "_backend.so";
    auto backend = tools::OpenBackend(path);
    ASSERT_TRUE(backend.ok()) << backend.status();
    aio_ = *std::move(backend);
  }

  // Waits, however long it takes.
  int StatusOf(const aiocb& block) {
    const aiocb* const list[] = {&block};
    while (aio_.error(&block) == EINPROGRESS) aio_.suspend(list, 1, nullptr);
    return aio_.error(&block);
  }

  void ExpectResult(aiocb* block, int error, ssize_t result) {
    EXPECT_EQ(StatusOf(*block), error);
    EXPECT_EQ(aio_.result(block), result);
  }

  // Where the kernel refuses, all there is to see is that the backend says so.
  bool KernelRefuses() {
    char byte;
    aiocb block = BlockFor(FileOf("a", O_RDWR), &byte, 1, 0);
    if (aio_.read(&block) == 0) {
      ExpectResult(&block, 0, 1);
      return false;
    }
    EXPECT_EQ(errno, ENOSYS);
    EXPECT_EQ(aio_.write(&block), -1);
    EXPECT_EQ(errno, ENOSYS);
    EXPECT_EQ(aio_.fsync(O_SYNC, &block), -1);
    EXPECT_EQ(errno, ENOSYS);
    return true;
  }

  tools::Backend aio_ = {};
};

TEST_P(HonestBackend, MovesTheBytesOfAFile) {
  if (KernelRefuses()) return;
  const int fd = FileOf("abcdef", O_RDWR);
  char out[] = {'X', 'Y'};
  aiocb write = BlockFor(fd, out, 2, 1);
  ASSERT_EQ(aio_.write(&write), 0);
  ExpectResult(&write, 0, 2);
  char in[10] = {};
  aiocb read = BlockFor(fd, in, 10, 0);
  ASSERT_EQ(aio_.read(&read), 0);
  ExpectResult(&read, 0, 6);
  EXPECT_EQ(std::string(in), "aXYdef");
  aiocb end = BlockFor(fd, in, 10, 6);
  ASSERT_EQ(aio_.read(&end), 0);
  ExpectResult(&end, 0, 0);
}

TEST_P(HonestBackend, SynchronizesAfterManyWrites) {
  if (KernelRefuses()) return;
  const int fd = FileOf("", O_RDWR);
  char byte = 'a';
  std::vector<aiocb> writes;
  for (int i = 0; i < 50; ++i) writes.push_back(BlockFor(fd, &byte, 1, i));
  for (aiocb& write : writes) ASSERT_EQ(aio_.write(&write), 0);
  aiocb syncs[] = {BlockFor(fd, nullptr, 0, 0), BlockFor(fd, nullptr, 0, 0)};
  ASSERT_EQ(aio_.fsync(O_SYNC, &syncs[0]), 0);
  ASSERT_EQ(aio_.fsync(O_DSYNC, &syncs[1]), 0);
  ExpectResult(&syncs[1], 0, 0);
  ExpectResult(&syncs[0], 0, 0);
  for (aiocb& write : writes) {
    EXPECT_EQ(aio_.error(&write), 0);
    EXPECT_EQ(aio_.result(&write), 1);
  }
}

TEST_P(HonestBackend, AppendsInCallOrder) {
  if (KernelRefuses()) return;
  const int fd = FileOf("", O_RDWR | O_APPEND);
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += static_cast<char>('0' + i % 64);
  std::vector<aiocb> writes;
  for (char& byte : bytes) writes.push_back(BlockFor(fd, &byte, 1, 0));
  for (aiocb& write : writes) ASSERT_EQ(aio_.write(&write), 0);
  for (aiocb& write : writes) ExpectResult(&write, 0, 1);
  EXPECT_EQ(BytesOf(fd), bytes);
}

TEST_P(HonestBackend, ReportsAtSubmissionWhatIsWrong) {
  if (KernelRefuses()) return;
  char byte = 0;
  const int fd = FileOf("a", O_RDONLY);
  aiocb good = BlockFor(fd, &byte, 1, 0);
  aiocb negative = BlockFor(fd, &byte, 1, -1);
  aiocb priority = good;
  priority.aio_reqprio = -1;
  aiocb event = good;
  event.aio_sigevent.sigev_notify = 77;
  for (aiocb* const block : {&negative, &priority, &event}) {
    EXPECT_EQ(aio_.read(block), -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(aio_.error(block), EINVAL);
  }
  EXPECT_EQ(aio_.write(&good), -1);
  EXPECT_EQ(errno, EBADF);
  EXPECT_EQ(aio_.error(&good), EBADF);
  EXPECT_EQ(aio_.fsync(0, &good), -1);
  EXPECT_EQ(errno, EINVAL);
  aiocb* null = nullptr;
  EXPECT_EQ(aio_.read(null), -1);
  EXPECT_EQ(errno, EINVAL);
}

TEST_P(HonestBackend, HandsOutAResultOnce) {
  aiocb block = BlockFor(FileOf("a", O_RDONLY), nullptr, 0, 0);
  EXPECT_EQ(aio_.error(&block), EINVAL);
  EXPECT_EQ(aio_.result(&block), -1);
  EXPECT_EQ(errno, EINVAL);
  if (KernelRefuses()) return;
  ASSERT_EQ(aio_.read(&block), 0);
  ExpectResult(&block, 0, 0);
  EXPECT_EQ(aio_.result(&block), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(aio_.error(&block), 0);
}

TEST_P(HonestBackend, NotifiesBySignalAndByFunction) {
  if (KernelRefuses()) return;
  char byte;
  aiocb block = BlockFor(FileOf("a", O_RDONLY), &byte, 1, 0);
  AskForSignal(&block, BlockedSignal(), 5);
  ASSERT_EQ(aio_.read(&block), 0);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN);
  siginfo_t details = {};
  ASSERT_EQ(sigwaitinfo(&set, &details), SIGRTMIN);
  EXPECT_EQ(details.si_code, SI_ASYNCIO);
  EXPECT_EQ(details.si_value.sival_int, 5);
  EXPECT_EQ(details.si_pid, getpid());
  EXPECT_EQ(aio_.error(&block), 0);

  std::promise<void> called;
  block.aio_sigevent.sigev_notify = SIGEV_THREAD;
  block.aio_sigevent.sigev_value.sival_ptr = &called;
  block.aio_sigevent.sigev_notify_attributes = nullptr;
  block.aio_sigevent.sigev_notify_function = [](sigval value) {
    static_cast<std::promise<void>*>(value.sival_ptr)->set_value();
  };
  ASSERT_EQ(aio_.read(&block), 0);
  called.get_future().wait();
  EXPECT_EQ(aio_.error(&block), 0);
}

TEST_P(HonestBackend, RunsAList) {
  if (KernelRefuses()) return;
  char in[3];
  const int fd = FileOf("abc", O_RDONLY);
  aiocb blocks[] = {BlockFor(fd, &in[0], 1, 0), BlockFor(fd, &in[1], 1, 1),
                    BlockFor(fd, &in[2], 1, 2), BlockFor(-1, nullptr, 0, 0)};
  for (aiocb& block : blocks) block.aio_lio_opcode = LIO_READ;
  blocks[3].aio_lio_opcode = LIO_NOP;
  aiocb* const list[] = {&blocks[0], nullptr, &blocks[1], &blocks[3]};
  EXPECT_EQ(aio_.listio(LIO_WAIT, list, 4, nullptr), 0);
  EXPECT_EQ(aio_.error(&blocks[0]), 0);
  EXPECT_EQ(aio_.error(&blocks[1]), 0);

  blocks[0].aio_lio_opcode = 77;
  EXPECT_EQ(aio_.listio(LIO_WAIT, list, 4, nullptr), -1);
  EXPECT_EQ(errno, EIO);
  EXPECT_EQ(aio_.error(&blocks[0]), EINVAL);
  EXPECT_EQ(aio_.error(&blocks[1]), 0);

  aiocb asker = {};
  AskForSignal(&asker, BlockedSignal(), 9);
  aiocb* const one[] = {&blocks[2]};
  EXPECT_EQ(aio_.listio(LIO_NOWAIT, one, 1, &asker.aio_sigevent), 0);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN);
  siginfo_t details = {};
  ASSERT_EQ(sigwaitinfo(&set, &details), SIGRTMIN);
  EXPECT_EQ(details.si_value.sival_int, 9);
  EXPECT_EQ(aio_.error(&blocks[2]), 0);
}

TEST_P(HonestBackend, HasNothingToCancelWhenAllIsComplete) {
  if (KernelRefuses()) return;
  char byte;
  const int fd = FileOf("a", O_RDONLY);
  aiocb block = BlockFor(fd, &byte, 1, 0);
  ASSERT_EQ(aio_.read(&block), 0);
  EXPECT_EQ(StatusOf(block), 0);
  EXPECT_EQ(aio_.cancel(fd, &block), AIO_ALLDONE);
  EXPECT_EQ(aio_.cancel(fd, nullptr), AIO_ALLDONE);
  EXPECT_EQ(aio_.cancel(fd + 1000, nullptr), -1);
  EXPECT_EQ(errno, EBADF);
}

TEST_P(HonestBackend, SuspendWaitsOutAnEmptyList) {
  const aiocb* const list[] = {nullptr};
  EXPECT_EQ(aio_.suspend(list, 1, &kNoTime), -1);
  EXPECT_EQ(errno, EAGAIN);
  EXPECT_EQ(aio_.suspend(list, 1, nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
}

TEST_P(HonestBackend, WorksInAChild) {
  if (KernelRefuses()) return;
  const pid_t child = fork();
  if (child == 0) {
    char byte;
    aiocb block = BlockFor(FileOf("a", O_RDONLY), &byte, 1, 0);
    const bool read = aio_.read(&block) == 0 && StatusOf(block) == 0 &&
                      aio_.result(&block) == 1;
    _exit(read ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_P(HonestBackend, ReadsAReadyPipeOrSaysThatItCannot) {
  if (KernelRefuses()) return;
  const Pipe pipe;
  pipe.Put("ab");
  char byte = 0;
  aiocb block = BlockFor(pipe.read, &byte, 1, 0);
  if (GetParam().streams == Streams::kNone) {
    EXPECT_EQ(aio_.read(&block), -1);
    EXPECT_EQ(errno, ENOSYS);
    EXPECT_EQ(aio_.error(&block), ENOSYS);
    return;
  }
  ASSERT_EQ(aio_.read(&block), 0);
  ExpectResult(&block, 0, 1);
  EXPECT_EQ(byte, 'a');
}

TEST_P(HonestBackend, WaitsForAPipeOrSaysThatItCannot) {
  if (KernelRefuses()) return;
  const Pipe pipe;
  char bytes[2] = {};
  aiocb first = BlockFor(pipe.read, &bytes[0], 1, 0);
  aiocb second = BlockFor(pipe.read, &bytes[1], 1, 0);
  if (GetParam().streams != Streams::kAll) {
    EXPECT_EQ(aio_.read(&first), -1);
    EXPECT_EQ(errno, ENOSYS);
    return;
  }
  ASSERT_EQ(aio_.read(&first), 0);
  ASSERT_EQ(aio_.read(&second), 0);
  const aiocb* const list[] = {&first, &second};
  EXPECT_EQ(aio_.suspend(list, 2, &kNoTime), -1);
  EXPECT_EQ(errno, EAGAIN);
  pipe.Put("ab");
  ExpectResult(&second, 0, 1);
  ExpectResult(&first, 0, 1);
  EXPECT_EQ(std::string(bytes, 2), "ab");
}

TEST_P(HonestBackend, CancelsAnIdleReadAndLosesNothing) {
  if (GetParam().streams != Streams::kAll || KernelRefuses()) return;
  const Pipe pipe;
  char bytes[3] = {};
  aiocb first = BlockFor(pipe.read, &bytes[0], 1, 0);
  aiocb second = BlockFor(pipe.read, &bytes[1], 1, 0);
  aiocb third = BlockFor(pipe.read, &bytes[2], 1, 0);
  ASSERT_EQ(aio_.read(&first), 0);
  ASSERT_EQ(aio_.read(&second), 0);
  EXPECT_EQ(aio_.cancel(pipe.read, &first), AIO_CANCELED);
  EXPECT_EQ(aio_.error(&first), ECANCELED);
  EXPECT_EQ(aio_.result(&first), -1);
  EXPECT_EQ(aio_.cancel(pipe.read, nullptr), AIO_CANCELED);
  EXPECT_EQ(aio_.error(&second), ECANCELED);
  ASSERT_EQ(aio_.read(&third), 0);
  pipe.Put("a");
  ExpectResult(&third, 0, 1);
  EXPECT_EQ(bytes[2], 'a');
}

TEST_P(HonestBackend, WritesAllToAPipeThatIsFull) {
  if (GetParam().streams != Streams::kAll || KernelRefuses()) return;
  const Pipe pipe;
  std::string much(1 << 20, 'm');
  aiocb block = BlockFor(pipe.write, much.data(), much.size(), 0);
  ASSERT_EQ(aio_.write(&block), 0);
  std::string back(much.size(), '\0');
  for (size_t got = 0; got < back.size();) {
    const ssize_t count = read(pipe.read, &back[got], back.size() - got);
    ASSERT_GT(count, 0);
    got += static_cast<size_t>(count);
  }
  ExpectResult(&block, 0, static_cast<ssize_t>(much.size()));
  EXPECT_EQ(back, much);
}

TEST_P(HonestBackend, ABrokenPipeIsAnErrorAndNoSignal) {
  if (GetParam().streams == Streams::kNone || KernelRefuses()) return;
  const Pipe pipe;
  close(pipe.read);
  char byte = 'a';
  aiocb block = BlockFor(pipe.write, &byte, 1, 0);
  ASSERT_EQ(aio_.write(&block), 0);
  ExpectResult(&block, EPIPE, -1);
}

INSTANTIATE_TEST_SUITE_P(Each, HonestBackend,
                         testing::Values(Honest{"sync", Streams::kReady},
                                         Honest{"aio", Streams::kNone},
                                         Honest{"io_uring", Streams::kAll}),
                         [](const testing::TestParamInfo<Honest>& backend) {
                           return std::string(backend.param.name);
                         });

}  // namespace
}  // namespace aioemul::backends
