// Linux: scheduling belongs to threads, and sched_getparam(0) asks about the
// calling one; it reports priority 0 for every policy that is not real-time.

#include <link.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>

#include "absl/base/attributes.h"
#include "emul/platform/processor_quota.h"
#include "emul/platform/threads.h"

namespace aioemul::threads {
namespace {

// What the process had when the library was loaded.  Written by the constructor
// below alone, before there is another thread that could read it; what a thread
// is started for by a constructor that runs earlier is done with nothing known.
struct AtLoad {
  // As many processors as any kernel is built for.
  std::array<cpu_set_t, 8> affinity = {};
  size_t affinity_size = 0;  // in bytes; 0: not known
  int processors = 1;
  size_t static_storage = 0;
};
ABSL_CONST_INIT AtLoad at_load;

// Adds what one program or library has of it.
int AddStorage(dl_phdr_info* object, size_t /*size*/, void* sum) {
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& header = object->dlpi_phdr[i];
    if (header.p_type != PT_TLS) continue;
    *static_cast<size_t*>(sum) += header.p_memsz + header.p_align;
  }
  return 0;
}

__attribute__((constructor(101))) void Load() {
  // Of the main thread, whichever loads the library.
  if (sched_getaffinity(getpid(), sizeof(at_load.affinity),
                        at_load.affinity.data()) == 0) {
    at_load.affinity_size = sizeof(at_load.affinity);
    at_load.processors =
        CPU_COUNT_S(sizeof(at_load.affinity), at_load.affinity.data());
  } else {
    at_load.processors = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  }
  // One is no more than any quota leaves.
  if (at_load.processors > 1) {
    at_load.processors =
        std::min(at_load.processors, processor_quota::Processors(""));
  }
  // What is loaded later finds its place in what the C library keeps to spare,
  // or outside of stacks.
  dl_iterate_phdr(&AddStorage, &at_load.static_storage);
}

// Whether the calling thread may run on other processors.
bool HasOtherAffinity() {
  decltype(at_load.affinity) own;
  if (at_load.affinity_size == 0 ||
      sched_getaffinity(0, sizeof(own), own.data()) != 0) {
    return false;
  }
  return memcmp(own.data(), at_load.affinity.data(), sizeof(own)) != 0;
}

}  // namespace

int CallerPriority() {
  sched_param parameters = {};
  return sched_getparam(0, &parameters) == 0 ? parameters.sched_priority : 0;
}

void NameThread(const char* name) { pthread_setname_np(pthread_self(), name); }

bool SetPlace(pthread_attr_t* attributes) {
  bool changed = false;
  if (HasOtherAffinity()) {
    changed = pthread_attr_setaffinity_np(attributes, at_load.affinity_size,
                                          at_load.affinity.data()) == 0;
  }
  const int policy = sched_getscheduler(0);
  if (policy > SCHED_OTHER) {
    const sched_param none = {};
    pthread_attr_setinheritsched(attributes, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(attributes, SCHED_OTHER);
    pthread_attr_setschedparam(attributes, &none);
    changed = true;
  }
  return changed;
}

size_t StaticStorage() { return at_load.static_storage; }

int Processors() { return at_load.processors; }

}  // namespace aioemul::threads
