// Completion signals by POSIX sigqueue, which says SI_QUEUE.  No signal can be
// directed to a thread.

#include <signal.h>
#include <unistd.h>

#include <cerrno>

#include "emul/platform/signals.h"

namespace aioemul::signals {

int Queue(int signal, sigval value, pid_t /*thread*/) {
  return sigqueue(getpid(), signal, value) == 0 ? 0 : -errno;
}

pid_t ThreadOf(const sigevent& /*event*/) { return 0; }

}  // namespace aioemul::signals
