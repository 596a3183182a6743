// Threads: the platform's StartWorker, StartNotification and CallerPriority.
// The contract is in platform.h.  The parts that differ between systems are
// implementation files of their own, chosen in BUILD.

#ifndef AIOEMUL_EMUL_PLATFORM_THREADS_H_
#define AIOEMUL_EMUL_PLATFORM_THREADS_H_

#include <pthread.h>

#include <cstddef>

#include "emul/platform/platform.h"

namespace aioemul::threads {

int StartWorker(const ThreadStart& start);
// The same, without a name, and where the caller runs.
int StartPlainWorker(const ThreadStart& start);
int StartNotification(const ThreadStart& start,
                      const pthread_attr_t* attributes);

// --- By system -----------------------------------------------------------

int CallerPriority();
// Names the calling thread, as far as the system can.
void NameThread(const char* name);
// Where the calling thread differs in affinity or policy from what workers
// have, sets these in `attributes`; whether it did.
bool SetPlace(pthread_attr_t* attributes);
// How much the C library takes of a stack for the program's static
// thread-local storage, beyond what `attributes` ask for.
size_t StaticStorage();
// How many threads can run at a time, as it was when the library was loaded.
int Processors();

}  // namespace aioemul::threads

#endif  // AIOEMUL_EMUL_PLATFORM_THREADS_H_
