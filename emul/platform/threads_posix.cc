// POSIX alone: the priority of the calling thread when its policy is one of the
// real-time ones.  Threads have no names and no affinity.

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "emul/platform/threads.h"

namespace aioemul::threads {
namespace {

bool IsRealTime(int policy) {
  return policy == SCHED_FIFO || policy == SCHED_RR;
}

}  // namespace

int CallerPriority() {
  int policy = SCHED_OTHER;
  sched_param parameters = {};
  if (pthread_getschedparam(pthread_self(), &policy, &parameters) != 0) {
    return 0;
  }
  return IsRealTime(policy) ? parameters.sched_priority : 0;
}

void NameThread(const char* /*name*/) {}

bool SetPlace(pthread_attr_t* attributes) {
  int policy = SCHED_OTHER;
  sched_param parameters = {};
  if (pthread_getschedparam(pthread_self(), &policy, &parameters) != 0 ||
      !IsRealTime(policy)) {
    return false;
  }
  parameters = {};
  parameters.sched_priority = sched_get_priority_min(SCHED_OTHER);
  pthread_attr_setinheritsched(attributes, PTHREAD_EXPLICIT_SCHED);
  pthread_attr_setschedpolicy(attributes, SCHED_OTHER);
  pthread_attr_setschedparam(attributes, &parameters);
  return true;
}

size_t StaticStorage() { return 0; }

int Processors() { return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)); }

}  // namespace aioemul::threads
