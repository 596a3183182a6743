// A stretch of a caller's thread that no handler of an asynchronous signal
// interrupts and no cancellation ends.
//
// Whoever submits or cancels holds mutexes for moments, and between them may
// owe another thread its wake-up.  A handler that ran in such a moment and
// waited in aio_suspend would wait for its own thread (contract C3); a
// cancellation would leave a list half made (H4).  Workers need none of this:
// they block these signals for ever, and nobody can cancel them.

#ifndef AIOEMUL_EMUL_UNINTERRUPTED_H_
#define AIOEMUL_EMUL_UNINTERRUPTED_H_

#include <pthread.h>
#include <signal.h>

#include "emul/asynchronous_signals.h"

namespace aioemul {

class Uninterrupted {
 public:
  Uninterrupted() : signals_(BlockAsynchronousSignals()) {
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state_);
  }
  ~Uninterrupted() {
    pthread_setcancelstate(cancel_state_, nullptr);
    pthread_sigmask(SIG_SETMASK, &signals_, nullptr);
  }
  Uninterrupted(const Uninterrupted&) = delete;
  Uninterrupted& operator=(const Uninterrupted&) = delete;

 private:
  const sigset_t signals_;  // blocked before
  int cancel_state_ = PTHREAD_CANCEL_ENABLE;
};

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_UNINTERRUPTED_H_
