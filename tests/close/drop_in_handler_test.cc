// Handlers that close descriptors with requests outstanding, whatever they
// interrupt: an allocation, or any call of the library (contract H2, C3, G1,
// G2).
//
// A handler that finds a lock held by the thread it has interrupted waits for
// ever, and the test with it; as it does for a notification that is lost.

#include <aio.h>
#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"

namespace aioemul::testing {
namespace {

constexpr int kRounds = 1500;
constexpr int kNotice = 40;  // a real-time signal

// What the handler does its work on.
std::atomic<int> to_close{-1};
std::atomic<int> wrong{0};
std::array<aiocb, 2> outstanding;
sem_t handled;
sem_t notified;

void CloseInHandler(int /*signal*/) {
  const int entry_errno = errno;
  wrong += close(to_close) == 0 ? 0 : 1;
  for (const aiocb& block : outstanding) {
    wrong += aio_error(&block) == ECANCELED ? 0 : 1;
  }
  sem_post(&handled);
  errno = entry_errno;
}

void Await(sem_t& semaphore) {
  while (sem_wait(&semaphore) != 0) {
  }
}

aiocb BlockFor(int fd, char* buffer) {
  aiocb block = {};
  block.aio_fildes = fd;
  block.aio_buf = buffer;
  block.aio_nbytes = 1;
  block.aio_sigevent.sigev_notify = SIGEV_NONE;
  block.aio_lio_opcode = LIO_READ;
  return block;
}

void Finish(aiocb& block) {
  const aiocb* const list[] = {&block};
  while (aio_error(&block) == EINPROGRESS) aio_suspend(list, 1, nullptr);
  aio_return(&block);
}

// --- What is interrupted.  `file` is a file, `idle` a pipe that stays empty.

[[maybe_unused]] void Allocate(int /*file*/, int /*idle*/) {
  for (size_t size = 16; size < 100'000; size *= 3) {
    void* volatile memory = malloc(size);
    free(memory);
  }
}

void Read(int file, int /*idle*/) {
  char byte = 0;
  aiocb block = BlockFor(file, &byte);
  EXPECT_EQ(aio_read(&block), 0);
  Finish(block);
}

void Write(int file, int /*idle*/) {
  char byte = 'x';
  aiocb block = BlockFor(file, &byte);
  EXPECT_EQ(aio_write(&block), 0);
  Finish(block);
}

void Synchronize(int file, int /*idle*/) {
  aiocb block = BlockFor(file, nullptr);
  EXPECT_EQ(aio_fsync(O_SYNC, &block), 0);
  Finish(block);
}

void Cancel(int /*file*/, int idle) {
  char byte = 0;
  aiocb block = BlockFor(idle, &byte);
  EXPECT_EQ(aio_read(&block), 0);
  EXPECT_EQ(aio_cancel(idle, &block), AIO_CANCELED);
  Finish(block);
}

void Wait(int /*file*/, int idle) {
  char byte = 0;
  aiocb block = BlockFor(idle, &byte);
  EXPECT_EQ(aio_read(&block), 0);
  const aiocb* const list[] = {&block};
  constexpr timespec kShort = {0, 200'000};
  aio_suspend(list, 1, &kShort);
  EXPECT_EQ(aio_cancel(idle, nullptr), AIO_CANCELED);
  Finish(block);
}

void List(int file, int mode) {
  std::array<char, 4> bytes;
  std::array<aiocb, 4> blocks;
  std::array<aiocb*, 4> list;
  for (size_t i = 0; i < list.size(); ++i) {
    blocks[i] = BlockFor(file, &bytes[i]);
    list[i] = &blocks[i];
  }
  lio_listio(mode, list.data(), static_cast<int>(list.size()), nullptr);
  for (aiocb& block : blocks) Finish(block);
}
void ListAndWait(int file, int /*idle*/) { List(file, LIO_WAIT); }
void ListAndGoOn(int file, int /*idle*/) { List(file, LIO_NOWAIT); }

void Close(int file, int idle) {
  char byte = 0;
  const int fd = dup(idle);
  aiocb block = BlockFor(fd, &byte);
  EXPECT_EQ(aio_read(&block), 0);
  EXPECT_EQ(dup2(file, fd), fd);
  EXPECT_EQ(aio_error(&block), ECANCELED);
  EXPECT_EQ(aio_write(&block), 0);
  EXPECT_EQ(close(fd), 0);
  Finish(block);
}

struct Interrupted {
  const char* name;
  void (*call)(int file, int idle);
};

class HandlerTest : public ::testing::TestWithParam<Interrupted> {
 protected:
  HandlerTest() {
    sem_init(&handled, /*pshared=*/0, 0);
    sem_init(&notified, /*pshared=*/0, 0);
    // For all threads of the test: taken by sigwaitinfo alone.
    sigemptyset(&notices_);
    sigaddset(&notices_, kNotice);
    pthread_sigmask(SIG_BLOCK, &notices_, nullptr);
    struct sigaction handling = {};
    handling.sa_handler = &CloseInHandler;
    handling.sa_flags = SA_RESTART;
    sigaction(SIGUSR1, &handling, nullptr);
  }
  ~HandlerTest() override { signal(SIGUSR1, SIG_DFL); }

  // Two reads on a number of their own, for the handler to cancel.
  void SubmitToBeClosed(int round) {
    to_close = dup(idle_.first());
    for (aiocb& block : outstanding) block = BlockFor(to_close, bytes_.data());
    outstanding[0].aio_sigevent.sigev_notify = SIGEV_SIGNAL;
    outstanding[0].aio_sigevent.sigev_signo = kNotice;
    outstanding[0].aio_sigevent.sigev_value.sival_int = round;
    outstanding[1].aio_sigevent.sigev_notify = SIGEV_THREAD;
    outstanding[1].aio_sigevent.sigev_notify_function = [](sigval /*value*/) {
      sem_post(&notified);
    };
    for (aiocb& block : outstanding) ASSERT_EQ(aio_read(&block), 0);
  }

  void AwaitNotifications(int round) {
    siginfo_t notice = {};
    while (sigwaitinfo(&notices_, &notice) != kNotice) {
    }
    EXPECT_EQ(notice.si_value.sival_int, round);
    Await(notified);
  }

  const TempFile file_{"content"};
  const Channel idle_ = Channel::Pipe();
  std::array<char, 1> bytes_;
  sigset_t notices_ = {};
};

TEST_P(HandlerTest, MayCloseWhateverItInterrupts) {
  wrong = 0;
  std::atomic<bool> over{false};
  std::thread target([&] {
    while (!over) GetParam().call(file_.fd(), idle_.first());
  });
  for (int i = 0; i < kRounds; ++i) {
    SubmitToBeClosed(i);
    pthread_kill(target.native_handle(), SIGUSR1);
    Await(handled);
    AwaitNotifications(i);
  }
  over = true;
  target.join();
  EXPECT_EQ(wrong, 0);
}

std::string NameOf(const ::testing::TestParamInfo<Interrupted>& parameter) {
  return parameter.param.name;
}

INSTANTIATE_TEST_SUITE_P(
    Calls, HandlerTest,
    ::testing::Values(
#if !defined(__SANITIZE_ADDRESS__)
        // Its threads share the locks of their memory: the handler waits for a
        // thread that waits for the memory.
        Interrupted{"Allocate", &Allocate},
#endif
        Interrupted{"Read", &Read}, Interrupted{"Write", &Write},
        Interrupted{"Synchronize", &Synchronize},
        Interrupted{"Cancel", &Cancel}, Interrupted{"Wait", &Wait},
        Interrupted{"ListAndWait", &ListAndWait},
        Interrupted{"ListAndGoOn", &ListAndGoOn}, Interrupted{"Close", &Close}),
    NameOf);

}  // namespace
}  // namespace aioemul::testing
