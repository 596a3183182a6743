// The signals that the library holds off, in its own threads for ever and in a
// caller's for a while: all but those by which the system reports a fault of
// the thread's own.
//
// A fault whose signal is blocked ends the process, whatever handler the
// program has.  And programs live by such handlers: a collector's or a
// debugger's makes the page of a control block writable, a sandbox's answers
// for a system call (contract H5).  The handler runs on the thread that met the
// fault, perhaps while that holds locks of this library, so it must return, and
// must not wait for a request.

#ifndef AIOEMUL_EMUL_ASYNCHRONOUS_SIGNALS_H_
#define AIOEMUL_EMUL_ASYNCHRONOUS_SIGNALS_H_

#include <signal.h>

namespace aioemul {

inline constexpr int kFaultSignals[] = {SIGSEGV, SIGBUS,  SIGFPE,
                                        SIGILL,  SIGTRAP, SIGSYS};

inline sigset_t AsynchronousSignals() {
  sigset_t signals;
  sigfillset(&signals);
  for (const int signal : kFaultSignals) sigdelset(&signals, signal);
  return signals;
}

// Blocks them in the calling thread; returns what was blocked before.
// Async-signal-safe.
inline sigset_t BlockAsynchronousSignals() {
  // Those open may have been blocked by the caller, and stay so.
  const sigset_t signals = AsynchronousSignals();
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &signals, &before);
  return before;
}

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_ASYNCHRONOUS_SIGNALS_H_
