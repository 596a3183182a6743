// Completion signals by POSIX sigqueue, which says SI_QUEUE; by kill, which
// brings no value, where sigqueue is refused.  No signal can be directed to a
// thread.

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "emul/platform/signals.h"

namespace aioemul::signals {
namespace {

std::atomic<bool> sigqueue_refused{false};

// Whether an error is not about the signal, but of what stands before the call:
// a process may always signal itself.
bool IsRefusal(int error) { return error != EAGAIN && error != EINVAL; }

}  // namespace

int Queue(int signal, sigval value, pid_t /*thread*/) {
  if (!sigqueue_refused.load(std::memory_order_relaxed)) {
    if (sigqueue(getpid(), signal, value) == 0) return 0;
    if (!IsRefusal(errno)) return -errno;
    sigqueue_refused.store(true, std::memory_order_relaxed);
  }
  return kill(getpid(), signal) == 0 ? 0 : -errno;
}

pid_t ThreadOf(const sigevent& /*event*/) { return 0; }

}  // namespace aioemul::signals
