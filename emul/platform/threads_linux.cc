// Linux: scheduling belongs to threads, and sched_getparam(0) asks about the
// calling one; it reports priority 0 for every policy that is not real-time.

#include <pthread.h>
#include <sched.h>

#include "emul/platform/threads.h"

namespace aioemul::threads {

int CallerPriority() {
  sched_param parameters = {};
  return sched_getparam(0, &parameters) == 0 ? parameters.sched_priority : 0;
}

void NameThread(const char* name) { pthread_setname_np(pthread_self(), name); }

}  // namespace aioemul::threads
