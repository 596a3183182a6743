// Completion signals by Linux' rt_sigqueueinfo, which alone can say SI_ASYNCIO.

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "emul/platform/signals.h"

namespace aioemul::signals {
namespace {

// The member that sigevent(3type) calls sigev_notify_thread_id.
pid_t TargetThread(const sigevent& event) { return event._sigev_un._tid; }

}  // namespace

int Queue(int signal, sigval value, pid_t thread) {
  const pid_t process = getpid();
  siginfo_t details = {};
  details.si_signo = signal;
  details.si_code = SI_ASYNCIO;
  details.si_pid = process;
  details.si_uid = getuid();
  details.si_value = value;
  const long returned =
      thread == 0
          ? syscall(SYS_rt_sigqueueinfo, process, signal, &details)
          : syscall(SYS_rt_tgsigqueueinfo, process, thread, signal, &details);
  return returned == 0 ? 0 : -errno;
}

pid_t ThreadOf(const sigevent& event) {
  if (event.sigev_notify != SIGEV_THREAD_ID) return 0;
  const pid_t thread = TargetThread(event);
  if (thread <= 0) return -EINVAL;
  return syscall(SYS_tgkill, getpid(), thread, 0) == 0 ? thread : -EINVAL;
}

}  // namespace aioemul::signals
