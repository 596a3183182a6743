#include "emul/platform/threads.h"

#include <pthread.h>
#include <signal.h>

#include <cerrno>
#include <cstddef>

#include "emul/asynchronous_signals.h"
#include "emul/platform/annotations.h"

namespace aioemul::threads {
namespace {

// Enough for the deepest call of a worker many times over.
constexpr size_t kWorkerStack = size_t{256} * 1024;
// Still enough, where a limit on locked memory leaves no more.
constexpr size_t kSmallWorkerStack = size_t{64} * 1024;

constexpr char kWorkerName[] = "aioemul";

// Those of faults are open in any case, whatever the thread that started this
// one blocks.
void SetSignals() {
  const sigset_t asynchronous = AsynchronousSignals();
  pthread_sigmask(SIG_SETMASK, &asynchronous, nullptr);
}

// Stands for the C library's stacks.  It hands that of a thread that has ended
// to the next one under a lock of its own, which tools do not see: to them,
// whoever made the one races with whoever makes the other.
const char stacks = 0;

void Run(const void* start) {
  annotations::Release(&stacks);
  const ThreadStart copy = *static_cast<const ThreadStart*>(start);
  copy.run(copy.argument);
}

void* RunWorker(void* start) {
  SetSignals();
  NameThread(kWorkerName);
  Run(start);
  return nullptr;
}

void* RunNotification(void* start) {
  SetSignals();
  Run(start);
  return nullptr;
}

// pthread_create; no handler runs on the new thread before it enters.
int Create(const pthread_attr_t* attributes, void* (*enter)(void*),
           const ThreadStart& start) {
  int detach_state = PTHREAD_CREATE_DETACHED;
  pthread_attr_getdetachstate(attributes, &detach_state);
  const sigset_t caller = BlockAsynchronousSignals();
  pthread_t thread;
  annotations::Acquire(&stacks);
  const int error = pthread_create(&thread, attributes, enter,
                                   const_cast<ThreadStart*>(&start));
  pthread_sigmask(SIG_SETMASK, &caller, nullptr);
  if (error == 0 && detach_state == PTHREAD_CREATE_JOINABLE) {
    pthread_detach(thread);
  }
  return error;
}

// A detached thread with the default attributes; but a stack of `stack_size`
// bytes, unless that is 0, and a worker's place, if `placed`.
int CreateDetached(size_t stack_size, bool placed, void* (*enter)(void*),
                   const ThreadStart& start) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return EAGAIN;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  if (stack_size != 0) pthread_attr_setstacksize(&attributes, stack_size);
  // The system may refuse the place, as when it has taken all of the
  // processors from the process since.
  const bool may_be_refused = placed && SetPlace(&attributes);
  const int error = Create(&attributes, enter, start);
  pthread_attr_destroy(&attributes);
  return (error == EINVAL || error == EPERM) && may_be_refused
             ? CreateDetached(stack_size, /*placed=*/false, enter, start)
             : error;
}

int CreateWorker(size_t stack_size, const ThreadStart& start) {
  return CreateDetached(stack_size, /*placed=*/true, &RunWorker, start);
}

// Whether the same call may succeed later: it lacked memory or a thread.
bool IsTemporary(int error) { return error == EAGAIN || error == ENOMEM; }

}  // namespace

int StartWorker(const ThreadStart& start) {
  const size_t storage = StaticStorage();
  int error = CreateWorker(kWorkerStack + storage, start);
  if (IsTemporary(error)) {
    error = CreateWorker(kSmallWorkerStack + storage, start);
  } else if (error == EINVAL) {
    // The C library has more in its stacks than we know of.
    error = CreateWorker(0, start);
  }
  return error == 0 ? 0 : -EAGAIN;
}

int StartPlainWorker(const ThreadStart& start) {
  const int error = CreateDetached(kWorkerStack + StaticStorage(),
                                   /*placed=*/false, &RunNotification, start);
  return error == 0 ? 0 : -EAGAIN;
}

int StartNotification(const ThreadStart& start,
                      const pthread_attr_t* attributes) {
  int error = 0;
  if (attributes == nullptr) {
    error = CreateDetached(0, /*placed=*/false, &RunNotification, start);
  } else {
    // The program may destroy its own as soon as the function has been called,
    // and pthread_create looks at them once more after that.
    const pthread_attr_t copy = *attributes;
    error = Create(&copy, &RunNotification, start);
  }
  // Attributes refused for good must not lose the notification.
  if (error != 0 && attributes != nullptr && !IsTemporary(error)) {
    error = CreateDetached(0, /*placed=*/false, &RunNotification, start);
  }
  return error == 0 ? 0 : -EAGAIN;
}

}  // namespace aioemul::threads
