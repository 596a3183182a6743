// Signals that are blocked, and taken one by one.

#ifndef AIOEMUL_TESTS_NOTIFICATIONS_WAITED_SIGNALS_H_
#define AIOEMUL_TESTS_NOTIFICATIONS_WAITED_SIGNALS_H_

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>

#include "gtest/gtest.h"

namespace aioemul::testing {

// Blocks `signal` in the calling thread, and those it makes, while it lives.
class WaitedSignal {
 public:
  explicit WaitedSignal(int signal) : signal_(signal) {
    sigemptyset(&set_);
    sigaddset(&set_, signal);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  ~WaitedSignal() {
    EXPECT_FALSE(IsPending());
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  WaitedSignal(const WaitedSignal&) = delete;
  WaitedSignal& operator=(const WaitedSignal&) = delete;

  bool IsPending() const {
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, signal_) == 1;
  }

  // Waits for the next.
  siginfo_t Take() const {
    siginfo_t details = {};
    while (sigwaitinfo(&set_, &details) < 0) EXPECT_EQ(errno, EINTR);
    return details;
  }

  // The same, and expects what a notification must tell; returns its value.
  int TakeValue() const {
    const siginfo_t details = Take();
    EXPECT_EQ(details.si_signo, signal_);
    EXPECT_EQ(details.si_code, SI_ASYNCIO);
    EXPECT_EQ(details.si_pid, getpid());
    EXPECT_EQ(details.si_uid, getuid());
    return details.si_value.sival_int;
  }

 private:
  const int signal_;
  sigset_t set_;
  sigset_t before_;
};

}  // namespace aioemul::testing

#endif  // AIOEMUL_TESTS_NOTIFICATIONS_WAITED_SIGNALS_H_
