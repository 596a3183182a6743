// Queueing completion signals, as platform.h promises it: contract G1, G3.
// Compiled once for each implementation file; AIOEMUL_TEST_PORTABLE says which,
// and the differences are the portable file's documented ones.

#include "emul/platform/signals.h"

#include <signal.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <initializer_list>
#include <optional>
#include <thread>

#include "gtest/gtest.h"

namespace aioemul {
namespace {

constexpr bool kPortable = AIOEMUL_TEST_PORTABLE != 0;

sigval Value(int number) {
  sigval value = {};
  value.sival_int = number;
  return value;
}

class SignalsTest : public ::testing::Test {
 protected:
  SignalsTest() {
    sigemptyset(&signals_);
    for (const int signal : {SIGUSR1, int{SIGRTMIN}, int{SIGRTMAX}}) {
      sigaddset(&signals_, signal);
    }
    pthread_sigmask(SIG_BLOCK, &signals_, &previous_);
  }
  ~SignalsTest() override {
    while (TakePending()) {
    }
    pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
  }

  // The next signal that is pending for this thread or the process.
  std::optional<siginfo_t> TakePending() const {
    const timespec none = {};
    siginfo_t details = {};
    int result = -1;
    do {
      result = sigtimedwait(&signals_, &details, &none);
    } while (result < 0 && errno == EINTR);
    if (result < 0) return std::nullopt;
    return details;
  }

 private:
  sigset_t signals_;
  sigset_t previous_;
};

TEST_F(SignalsTest, SignalArrivesWithAllItsDetails) {
  for (const int signal : {SIGUSR1, int{SIGRTMIN}, int{SIGRTMAX}}) {
    EXPECT_EQ(signals::Queue(signal, Value(signal + 100), 0), 0);
    const auto details = TakePending();
    ASSERT_TRUE(details.has_value());
    EXPECT_EQ(details->si_signo, signal);
    EXPECT_EQ(details->si_code, kPortable ? SI_QUEUE : SI_ASYNCIO);
    EXPECT_EQ(details->si_value.sival_int, signal + 100);
    EXPECT_EQ(details->si_pid, getpid());
    EXPECT_EQ(details->si_uid, getuid());
    EXPECT_FALSE(TakePending().has_value());
  }
}

TEST_F(SignalsTest, PointerArrivesWhole) {
  sigval value = {};
  value.sival_ptr = this;
  EXPECT_EQ(signals::Queue(SIGRTMIN, value, 0), 0);
  const auto details = TakePending();
  ASSERT_TRUE(details.has_value());
  EXPECT_EQ(details->si_value.sival_ptr, this);
}

TEST_F(SignalsTest, EqualSignalsQueueUpInOrder) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(signals::Queue(SIGRTMIN, Value(i), 0), 0);
  }
  for (int i = 0; i < 100; ++i) {
    const auto details = TakePending();
    ASSERT_TRUE(details.has_value());
    EXPECT_EQ(details->si_value.sival_int, i);
  }
}

TEST_F(SignalsTest, FullQueueIsReportedAndPasses) {
  rlimit limit = {};
  ASSERT_EQ(getrlimit(RLIMIT_SIGPENDING, &limit), 0);
  const rlimit none = {0, limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_SIGPENDING, &none), 0);
  EXPECT_EQ(signals::Queue(SIGRTMIN, Value(1), 0), -EAGAIN);
  ASSERT_EQ(setrlimit(RLIMIT_SIGPENDING, &limit), 0);
  EXPECT_FALSE(TakePending().has_value());
  EXPECT_EQ(signals::Queue(SIGRTMIN, Value(2), 0), 0);
  EXPECT_TRUE(TakePending().has_value());
}

TEST_F(SignalsTest, NumberThatIsNoSignalIsAnError) {
  EXPECT_EQ(signals::Queue(SIGRTMAX + 1, Value(1), 0), -EINVAL);
  EXPECT_EQ(signals::Queue(-1, Value(1), 0), -EINVAL);
}

// The portable way reaches the process alone, and so does not ask for threads.
TEST_F(SignalsTest, SignalToAThreadReachesThatThreadAlone) {
  EXPECT_EQ(signals::Queue(SIGRTMIN, Value(1), gettid()), 0);
  std::thread([&] { EXPECT_EQ(TakePending().has_value(), kPortable); }).join();
  EXPECT_EQ(TakePending().has_value(), !kPortable);
}

TEST_F(SignalsTest, SignalToAThreadThatIsGoneIsReported) {
  const int expected = kPortable ? 0 : -ESRCH;
  EXPECT_EQ(signals::Queue(SIGRTMIN, Value(1), INT_MAX), expected);
}

TEST_F(SignalsTest, EventThatNamesAThreadIsToldFromOthers) {
  sigevent event = {};
  const int others[] = {SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD, 77, -1};
  for (const int kind : others) {
    event.sigev_notify = kind;
    EXPECT_EQ(signals::ThreadOf(event), 0) << kind;
  }
  event.sigev_notify = SIGEV_THREAD_ID;
  event._sigev_un._tid = gettid();
  EXPECT_EQ(signals::ThreadOf(event), kPortable ? 0 : gettid());
  for (const pid_t nobody : {0, -1, INT_MIN, INT_MAX, getppid()}) {
    event._sigev_un._tid = nobody;
    EXPECT_EQ(signals::ThreadOf(event), kPortable ? 0 : -EINVAL) << nobody;
  }
}

}  // namespace
}  // namespace aioemul
