// Completion signals by Linux' rt_sigqueueinfo and rt_tgsigqueueinfo, which
// alone can say SI_ASYNCIO.
//
// A system-call filter may refuse them, or every si_code but SI_QUEUE.  Then
// the next best way is taken, and kept: the same with SI_QUEUE; kill or tgkill,
// which bring the signal but no value, and are not queued once the limit on
// pending signals is reached.

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "emul/platform/signals.h"

namespace aioemul::signals {
namespace {

// Best first.
enum Way { kAsAsyncIo, kAsQueued, kPlain };

// The best that has not been refused.
std::atomic<Way> way_to_process{kAsAsyncIo};
std::atomic<Way> way_to_thread{kAsAsyncIo};

// Whether an error is none of the calls' own, but of what stands before them: a
// process may always signal itself.
bool IsRefusal(int result) {
  return result != 0 && result != -EAGAIN && result != -EINVAL &&
         result != -ESRCH;
}

// The member that sigevent(3type) calls sigev_notify_thread_id.
pid_t TargetThread(const sigevent& event) { return event._sigev_un._tid; }

int Send(Way way, int signal, sigval value, pid_t thread) {
  const pid_t process = getpid();
  siginfo_t details = {};
  details.si_signo = signal;
  details.si_code = way == kAsAsyncIo ? SI_ASYNCIO : SI_QUEUE;
  details.si_pid = process;
  details.si_uid = getuid();
  details.si_value = value;
  long returned = 0;
  if (way == kPlain) {
    returned = thread == 0 ? kill(process, signal)
                           : syscall(SYS_tgkill, process, thread, signal);
  } else {
    returned =
        thread == 0
            ? syscall(SYS_rt_sigqueueinfo, process, signal, &details)
            : syscall(SYS_rt_tgsigqueueinfo, process, thread, signal, &details);
  }
  return returned == 0 ? 0 : -errno;
}

}  // namespace

int Queue(int signal, sigval value, pid_t thread) {
  std::atomic<Way>& best = thread == 0 ? way_to_process : way_to_thread;
  for (Way way = best.load(std::memory_order_relaxed);;) {
    const int result = Send(way, signal, value, thread);
    if (way == kPlain || !IsRefusal(result)) return result;
    way = way == kAsAsyncIo ? kAsQueued : kPlain;
    best.store(way, std::memory_order_relaxed);
  }
}

pid_t ThreadOf(const sigevent& event) {
  if (event.sigev_notify != SIGEV_THREAD_ID) return 0;
  const pid_t thread = TargetThread(event);
  if (thread <= 0) return -EINVAL;
  if (syscall(SYS_tgkill, getpid(), thread, 0) == 0) return thread;
  // Where nobody may ask, the caller is believed.
  return IsRefusal(-errno) ? thread : -EINVAL;
}

}  // namespace aioemul::signals
