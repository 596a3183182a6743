#include "tools/backends/threads.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

namespace aioemul::backends {

Undisturbed::Undisturbed() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &mask_);
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state_);
}

Undisturbed::~Undisturbed() {
  // A handler that runs here may use and set errno as it likes.
  const int error = errno;
  pthread_setcancelstate(cancel_state_, nullptr);
  pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
  errno = error;
}

TransferSignals::TransferSignals() { sigpending(&before_); }

void TransferSignals::Swallow(int error) const {
  const int signal = error == EPIPE ? SIGPIPE : error == EFBIG ? SIGXFSZ : 0;
  if (signal == 0 || sigismember(&before_, signal) != 0) return;
  sigset_t raised;
  sigemptyset(&raised);
  sigaddset(&raised, signal);
  const timespec now = {};
  sigtimedwait(&raised, nullptr, &now);
}

int StartThread(const char* name, void* (*run)(void*), void* argument) {
  const Undisturbed undisturbed;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread;
  const int error = pthread_create(&thread, &attributes, run, argument);
  pthread_attr_destroy(&attributes);
  if (error == 0) pthread_setname_np(thread, name);
  return error;
}

}  // namespace aioemul::backends
