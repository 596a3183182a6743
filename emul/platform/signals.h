// Queueing a completion signal: the platform's QueueSignal and ThreadOf.  The
// contract is in platform.h; each implementation file is one mechanism, chosen
// in BUILD.

#ifndef AIOEMUL_EMUL_PLATFORM_SIGNALS_H_
#define AIOEMUL_EMUL_PLATFORM_SIGNALS_H_

#include <signal.h>
#include <sys/types.h>

namespace aioemul::signals {

int Queue(int signal, sigval value, pid_t thread);
pid_t ThreadOf(const sigevent& event);

}  // namespace aioemul::signals

#endif  // AIOEMUL_EMUL_PLATFORM_SIGNALS_H_
