// What a library must mind in its own threads and in those of its callers.

#ifndef AIOEMUL_TOOLS_BACKENDS_THREADS_H_
#define AIOEMUL_TOOLS_BACKENDS_THREADS_H_

#include <signal.h>

namespace aioemul::backends {

// While it lives, the calling thread takes no signal and is not cancelled: it
// may hold a mutex that a handler, or a cleanup handler, would want.
class Undisturbed {
 public:
  Undisturbed();
  Undisturbed(const Undisturbed&) = delete;
  Undisturbed& operator=(const Undisturbed&) = delete;
  ~Undisturbed();

 private:
  sigset_t mask_;
  int cancel_state_;
};

// Takes away the SIGPIPE and SIGXFSZ that a transfer raises in the thread that
// carries it out.  To be used within Undisturbed.
class TransferSignals {
 public:
  TransferSignals();
  // After the transfer, with its error.
  void Swallow(int error) const;

 private:
  sigset_t before_;
};

// A thread of the library, which takes no signals and ends with the process.
// Returns 0 or the errno.
int StartThread(const char* name, void* (*run)(void*), void* argument);

}  // namespace aioemul::backends

#endif  // AIOEMUL_TOOLS_BACKENDS_THREADS_H_
