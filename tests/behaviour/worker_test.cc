// The threads that do the work (contract H5).

#include <aio.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

// What a worker says of itself, from within a transfer.
struct Portrait {
  std::string name;
  size_t stack_size = 0;
  int detach_state = PTHREAD_CREATE_JOINABLE;
  std::vector<int> unblocked;
};

Portrait OfThisThread() {
  Portrait portrait;
  std::array<char, 16> name = {};
  pthread_getname_np(pthread_self(), name.data(), name.size());
  portrait.name = name.data();

  pthread_attr_t attributes;
  pthread_getattr_np(pthread_self(), &attributes);
  pthread_attr_getstacksize(&attributes, &portrait.stack_size);
  pthread_attr_getdetachstate(&attributes, &portrait.detach_state);
  pthread_attr_destroy(&attributes);

  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    const bool reserved = signal > 31 && signal < SIGRTMIN;
    const bool blockable = signal != SIGKILL && signal != SIGSTOP;
    if (!reserved && blockable && sigismember(&mask, signal) == 0) {
      portrait.unblocked.push_back(signal);
    }
  }
  return portrait;
}

size_t DefaultStackSize() {
  pthread_attr_t attributes;
  size_t size = 0;
  pthread_getattr_default_np(&attributes);
  pthread_attr_getstacksize(&attributes, &size);
  pthread_attr_destroy(&attributes);
  return size;
}

class WorkerTest : public EngineTest {
 protected:
  Portrait OfAWorker() {
    Portrait portrait;
    platform.AnswerTransfers([&](const TransferCall&) {
      portrait = OfThisThread();
      return std::optional<ssize_t>();
    });
    aiocb block = ReadBlock(file_.fd(), buffer_);
    EXPECT_EQ(engine().Read(&block), 0);
    EXPECT_EQ(Await(block), Success(5));
    return portrait;
  }

  const TempFile file_{"hello world"};
  std::string buffer_ = "12345";
};

TEST_F(WorkerTest, BlocksAllSignalsButThoseOfFaults) {
  std::vector<int> faults = {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS};
  std::sort(faults.begin(), faults.end());
  EXPECT_EQ(OfAWorker().unblocked, faults);
}

// However the thread that caused it to start had its own.
TEST_F(WorkerTest, LeavesTheCallersSignalMaskAlone) {
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, SIGUSR2);
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, &one, &before);
  OfAWorker();
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, &before, &after);
  EXPECT_EQ(sigismember(&after, SIGUSR2), 1);
  EXPECT_EQ(sigismember(&after, SIGUSR1), 0);
  EXPECT_EQ(sigismember(&after, SIGTERM), 0);
}

TEST_F(WorkerTest, IsNamed) {
  EXPECT_EQ(OfAWorker().name.substr(0, 7), "aioemul");
}

TEST_F(WorkerTest, HasASmallStack) {
  EXPECT_LT(OfAWorker().stack_size, DefaultStackSize() / 2);
}

TEST_F(WorkerTest, IsDetached) {
  EXPECT_EQ(OfAWorker().detach_state, PTHREAD_CREATE_DETACHED);
}

// H4: a request outlives the thread that submitted it.
TEST_F(WorkerTest, FinishesWhatAThreadLeftBehind) {
  platform.HoldTransfers();
  aiocb block = ReadBlock(file_.fd(), buffer_);
  std::thread([&] { ASSERT_EQ(engine().Read(&block), 0); }).join();
  platform.ReleaseAll();
  EXPECT_EQ(Await(block), Success(5));
  EXPECT_EQ(buffer_, "hello");
}

}  // namespace
}  // namespace aioemul::testing
