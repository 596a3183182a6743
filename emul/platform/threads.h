// Threads: the platform's StartWorker, StartNotification and CallerPriority.
// The contract is in platform.h.  The parts that differ between systems are
// implementation files of their own, chosen in BUILD.

#ifndef AIOEMUL_EMUL_PLATFORM_THREADS_H_
#define AIOEMUL_EMUL_PLATFORM_THREADS_H_

#include <pthread.h>

namespace aioemul::threads {

int StartWorker(void (*run)(void*), void* argument);
int StartNotification(void (*run)(void*), void* argument,
                      const pthread_attr_t* attributes);

// --- By system -----------------------------------------------------------

int CallerPriority();
// Names the calling thread, as far as the system can.
void NameThread(const char* name);

}  // namespace aioemul::threads

#endif  // AIOEMUL_EMUL_PLATFORM_THREADS_H_
