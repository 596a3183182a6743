// Forks from handlers that interrupt submissions and cancellations at any
// instruction (contract H1, C3).

#include <aio.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

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

// By the handler: the child, or in it 0; forks once for each kNone.
constexpr pid_t kNone = -1;
std::atomic<pid_t> forked{kNone};

void ForkOnce(int /*signal*/) {
  const int interrupted = errno;
  if (forked.load() == kNone) forked.store(fork());
  errno = interrupted;
}

// What the child of an interrupted call must find.
void Judge(const aiocb& block, int fd) {
  // Cancelled by the fork, or by the call that went on in the child.
  CHILD_CHECK(aioemul_error(&block) == ECANCELED);
  CHILD_CHECK(WritesAndReads(fd, "child"));
  _exit(0);
}

TEST(InterruptedCallsTest, GoOnInParentAndChild) {
  const TempFile file;
  const Channel pipe = Channel::Pipe();
  std::string buffer = "....";
  aiocb block = BlockFor(pipe.first(), buffer);
  struct sigaction action = {};
  action.sa_handler = &ForkOnce;
  sigaction(SIGUSR1, &action, nullptr);

  for (int i = 0; i < 100; ++i) {
    forked.store(kNone);
    std::thread interrupter([thread = pthread_self()] {
      while (forked.load() == kNone) {
        pthread_kill(thread, SIGUSR1);
        std::this_thread::yield();
      }
    });
    bool all_well = true;
    do {
      all_well &= aioemul_read(&block) == 0;
      const int cancelled = aioemul_cancel(pipe.first(), nullptr);
      // Where the fork came in between, the child has nothing to cancel.
      all_well &= cancelled == AIO_CANCELED ||
                  (forked.load() == 0 && cancelled == AIO_ALLDONE);
    } while (forked.load() == kNone);
    if (forked.load() == 0) {
      CHILD_CHECK(all_well);
      Judge(block, file.fd());
    }
    interrupter.join();
    ASSERT_TRUE(all_well);
    ASSERT_EQ(VerdictOf(forked.load()), "ok") << "at fork " << i;
  }
  signal(SIGUSR1, SIG_DFL);
}

}  // namespace
}  // namespace aioemul::testing
