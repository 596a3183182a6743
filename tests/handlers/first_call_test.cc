// The first call of a process makes the engine; a handler that interrupts it
// may call the library as well (contract C3).
//
// Each attempt is made by a forked child, where no call has been made before.

#include <aio.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <random>
#include <thread>

#include "aio/aio.h"
#include "gtest/gtest.h"

namespace aioemul::testing {
namespace {

// How an attempt ended, as its exit status.
enum Verdict { kNotInterrupted, kInterrupted, kWrong };

std::atomic<bool> inside{false};
std::atomic<bool> interrupted{false};
std::atomic<bool> handled{false};
std::atomic<bool> wrong{false};

// What was never submitted is not waited for.
bool AnswersRightly() {
  aiocb block = {};
  const aiocb* const list[] = {&block};
  return aioemul_error(&block) == EINVAL && aioemul_return(&block) == -1 &&
         errno == EINVAL && aioemul_suspend(list, 1, nullptr) == 0;
}

void Catch(int /*signal*/) {
  const int saved = errno;
  if (inside) interrupted = true;
  if (!AnswersRightly()) wrong = true;
  handled = true;
  errno = saved;
}

// The signal comes `turns` turns of a loop after the call has begun, or so.
Verdict Attempt(unsigned turns) {
  struct sigaction handling = {};
  handling.sa_handler = &Catch;
  sigaction(SIGUSR1, &handling, nullptr);
  const pthread_t caller = pthread_self();
  std::atomic<bool> ready{false};
  std::atomic<bool> begun{false};
  std::thread sender([&] {
    ready = true;
    while (!begun) {
    }
    for (volatile unsigned left = turns; left > 0;) left = left - 1;
    pthread_kill(caller, SIGUSR1);
  });
  while (!ready) sched_yield();
  aiocb block = {};
  inside = true;
  begun = true;
  const int status = aioemul_error(&block);
  inside = false;
  sender.join();
  while (!handled) sched_yield();
  if (status != EINVAL || wrong || !AnswersRightly()) return kWrong;
  return interrupted ? kInterrupted : kNotInterrupted;
}

TEST(FirstCallTest, MayBeInterruptedByAHandlerThatCallsToo) {
  constexpr int kEnough = 50;
  constexpr unsigned kLongest = 5'000;
  std::minstd_rand random(4711);
  for (int interruptions = 0; interruptions < kEnough;) {
    const auto turns = static_cast<unsigned>(random() % kLongest);
    const pid_t child = fork();
    if (child == 0) _exit(Attempt(turns));
    ASSERT_GT(child, 0);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status)) << status;
    ASSERT_NE(WEXITSTATUS(status), kWrong);
    interruptions += WEXITSTATUS(status) == kInterrupted ? 1 : 0;
  }
}

}  // namespace
}  // namespace aioemul::testing
