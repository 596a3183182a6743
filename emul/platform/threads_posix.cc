// POSIX alone: the priority of the calling thread when its policy is one of the
// real-time ones.  Threads have no names.

#include <pthread.h>
#include <sched.h>

#include "emul/platform/threads.h"

namespace aioemul::threads {

int CallerPriority() {
  int policy = SCHED_OTHER;
  sched_param parameters = {};
  if (pthread_getschedparam(pthread_self(), &policy, &parameters) != 0) {
    return 0;
  }
  const bool real_time = policy == SCHED_FIFO || policy == SCHED_RR;
  return real_time ? parameters.sched_priority : 0;
}

void NameThread(const char* /*name*/) {}

}  // namespace aioemul::threads
