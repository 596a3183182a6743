// Catching a signal for as long as a test needs it.

#ifndef AIOEMUL_TESTS_BEHAVIOUR_SIGNAL_CATCHER_H_
#define AIOEMUL_TESTS_BEHAVIOUR_SIGNAL_CATCHER_H_

#include <signal.h>

#include <atomic>
#include <cerrno>
#include <functional>
#include <utility>

namespace aioemul::testing {

// Catches SIGUSR1 with `action`, which must be async-signal-safe, while it
// lives.  One at a time.
class SignalCatcher {
 public:
  SignalCatcher(int flags, std::function<void()> action) {
    action_ = std::move(action);
    caught_ = 0;
    struct sigaction handling = {};
    handling.sa_handler = &Catch;
    handling.sa_flags = flags;
    sigaction(SIGUSR1, &handling, &before_);
  }
  ~SignalCatcher() { sigaction(SIGUSR1, &before_, nullptr); }
  SignalCatcher(const SignalCatcher&) = delete;
  SignalCatcher& operator=(const SignalCatcher&) = delete;

  // How often the latest one's action was completed.
  static int caught() { return caught_; }

 private:
  static void Catch(int /*signal*/) {
    const int saved = errno;
    action_();
    ++caught_;
    errno = saved;
  }

  static inline std::function<void()> action_;
  static inline std::atomic<int> caught_{0};
  struct sigaction before_ = {};
};

}  // namespace aioemul::testing

#endif  // AIOEMUL_TESTS_BEHAVIOUR_SIGNAL_CATCHER_H_
