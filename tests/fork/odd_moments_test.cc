// Forks from where one would not expect them: functions of notifications,
// handlers that interrupt the library, just before an exec (contract H1, C3).

#include <aio.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
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

// What a handler or function, which sees no test, works with.
struct Scene {
  const TempFile file;
  const Channel pipe = Channel::Pipe();
  std::string buffer = "....";
  aiocb block = BlockFor(pipe.first(), buffer);
  // The process it began in, and the child made by the handler.
  const pid_t parent = getpid();
  std::atomic<pid_t> child{0};
  std::atomic<bool> returned{false};
};
Scene* scene;

void ForkOnce(int /*signal*/) {
  const int interrupted = errno;
  if (scene->child.load() == 0) scene->child.store(fork());
  errno = interrupted;
}

class OddMomentsTest : public ::testing::Test {
 protected:
  OddMomentsTest() {
    scene = &scene_;
    struct sigaction action = {};
    action.sa_handler = &ForkOnce;
    sigaction(SIGUSR1, &action, nullptr);
  }
  ~OddMomentsTest() override { signal(SIGUSR1, SIG_DFL); }

  // Signals the calling thread from when its request is in progress until it
  // says that it has returned; it forks at the first.
  std::thread Interrupter() {
    return std::thread([thread = pthread_self()] {
      while (aioemul_error(&scene->block) != EINPROGRESS) {
        std::this_thread::yield();
      }
      while (!scene->returned.load()) {
        pthread_kill(thread, SIGUSR1);
        std::this_thread::yield();
      }
    });
  }

  static bool IsChild() { return getpid() != scene->parent; }

  Scene scene_;
};

TEST_F(OddMomentsTest, FromTheFunctionOfANotification) {
  std::string text = "text";
  aiocb block = BlockFor(scene_.file.fd(), text);
  block.aio_sigevent.sigev_notify = SIGEV_THREAD;
  block.aio_sigevent.sigev_notify_function = [](sigval /*value*/) {
    const pid_t child = fork();
    if (child == 0) {
      CHILD_CHECK(WritesAndReads(scene->file.fd(), "from the function"));
      _exit(0);
    }
    scene->child.store(child);
  };
  ASSERT_EQ(aioemul_write(&block), 0);
  while (scene_.child.load() == 0) std::this_thread::yield();
  EXPECT_EQ(VerdictOf(scene_.child.load()), "ok");
  EXPECT_EQ(Await(block), 0);
}

TEST_F(OddMomentsTest, FromAHandlerThatInterruptsAWait) {
  ASSERT_EQ(aioemul_read(&scene_.block), 0);
  std::thread interrupter = Interrupter();
  const aiocb* const list[] = {&scene_.block};
  int result = -1;
  // In the child the wait ends by itself, interrupted or not.
  do {
    errno = 0;
    result = aioemul_suspend(list, 1, nullptr);
  } while (!IsChild() && scene_.child.load() == 0);
  if (IsChild()) {
    CHILD_CHECK(result == 0 || errno == EINTR);
    CHILD_CHECK(aioemul_suspend(list, 1, nullptr) == 0);
    CHILD_CHECK(aioemul_error(&scene_.block) == ECANCELED);
    CHILD_CHECK(WritesAndReads(scene_.file.fd(), "after the wait"));
    _exit(0);
  }
  scene_.returned.store(true);
  interrupter.join();
  EXPECT_EQ(VerdictOf(scene_.child.load()), "ok");
  EXPECT_EQ(write(scene_.pipe.second(), "x", 1), 1);
  EXPECT_EQ(Await(scene_.block), 0);
}

TEST_F(OddMomentsTest, FromAHandlerThatInterruptsAList) {
  scene_.block.aio_lio_opcode = LIO_READ;
  aiocb* const list[] = {&scene_.block};
  std::thread interrupter = Interrupter();
  errno = 0;
  const int result = aioemul_listio(LIO_WAIT, list, 1, nullptr);
  if (IsChild()) {
    CHILD_CHECK(result == -1 && errno == EINTR);
    CHILD_CHECK(WritesAndReads(scene_.file.fd(), "after the list"));
    _exit(0);
  }
  EXPECT_EQ(result, -1);
  EXPECT_EQ(errno, EINTR);
  scene_.returned.store(true);
  interrupter.join();
  EXPECT_EQ(VerdictOf(scene_.child.load()), "ok");
  EXPECT_EQ(aioemul_error(&scene_.block), EINPROGRESS);
  EXPECT_EQ(write(scene_.pipe.second(), "x", 1), 1);
  EXPECT_EQ(Await(scene_.block), 0);
}

TEST_F(OddMomentsTest, ThenExec) {
  ASSERT_EQ(aioemul_read(&scene_.block), 0);
  const pid_t child = fork();
  if (child == 0) {
    execl("/bin/true", "true", nullptr);
    _exit(1);
  }
  EXPECT_EQ(VerdictOf(child), "ok");
  EXPECT_EQ(aioemul_error(&scene_.block), EINPROGRESS);
  EXPECT_EQ(aioemul_cancel(scene_.pipe.first(), nullptr), AIO_CANCELED);
}

TEST_F(OddMomentsTest, TheSignalMaskOfTheForkingThreadIsItsOwn) {
  sigset_t before;
  sigemptyset(&before);
  sigaddset(&before, SIGUSR2);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  const auto only_one_blocked = [] {
    sigset_t now;
    pthread_sigmask(SIG_SETMASK, nullptr, &now);
    return sigismember(&now, SIGUSR2) == 1 && sigismember(&now, SIGUSR1) == 0 &&
           sigismember(&now, SIGTERM) == 0;
  };
  EXPECT_EQ(InChild([&] { CHILD_CHECK(only_one_blocked()); }), "ok");
  EXPECT_TRUE(only_one_blocked());
}

}  // namespace
}  // namespace aioemul::testing
