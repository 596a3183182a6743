#include "emul/platform/threads.h"

#include <pthread.h>
#include <signal.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <new>

#include "emul/platform/annotations.h"

namespace aioemul::threads {
namespace {

// Enough for the deepest call of a worker many times over, and for the static
// thread-local storage of most programs, which the C library takes from it.
constexpr size_t kWorkerStack = size_t{256} * 1024;

constexpr char kWorkerName[] = "aioemul";

// What a thread is to run; owned by the thread once it has started.
struct Start {
  void (*run)(void*);
  void* argument;
  bool worker;
};

// Stands for the C library's stacks.  It hands that of a thread that has ended
// to the next one under a lock of its own, which tools do not see: to them,
// whoever made the one races with whoever makes the other.
const char stacks = 0;

void* Enter(void* start) {
  annotations::Release(&stacks);
  const Start copy = *static_cast<Start*>(start);
  free(start);
  if (copy.worker) NameThread(kWorkerName);
  copy.run(copy.argument);
  return nullptr;
}

// pthread_create with all signals blocked in the new thread.
int Create(const pthread_attr_t* attributes, const Start& start) {
  auto* copy = static_cast<Start*>(malloc(sizeof(Start)));
  if (copy == nullptr) return EAGAIN;
  new (copy) Start(start);
  int detach_state = PTHREAD_CREATE_DETACHED;
  pthread_attr_getdetachstate(attributes, &detach_state);
  sigset_t all;
  sigset_t caller;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &caller);
  pthread_t thread;
  annotations::Acquire(&stacks);
  const int error = pthread_create(&thread, attributes, &Enter, copy);
  pthread_sigmask(SIG_SETMASK, &caller, nullptr);
  if (error != 0) {
    free(copy);
  } else if (detach_state == PTHREAD_CREATE_JOINABLE) {
    pthread_detach(thread);
  }
  return error;
}

// A detached thread with a stack of `stack_size` bytes; 0 leaves the default.
int CreateDetached(size_t stack_size, const Start& start) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return EAGAIN;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  if (stack_size != 0) pthread_attr_setstacksize(&attributes, stack_size);
  const int error = Create(&attributes, start);
  pthread_attr_destroy(&attributes);
  return error;
}

// Whether the same call may succeed later: it lacked memory or a thread.
bool IsTemporary(int error) { return error == EAGAIN || error == ENOMEM; }

}  // namespace

int StartWorker(void (*run)(void*), void* argument) {
  const Start start = {run, argument, /*worker=*/true};
  int error = CreateDetached(kWorkerStack, start);
  // A program with much static thread-local storage needs more than a small
  // stack.
  if (error == EINVAL) error = CreateDetached(0, start);
  return error == 0 ? 0 : -EAGAIN;
}

int StartNotification(void (*run)(void*), void* argument,
                      const pthread_attr_t* attributes) {
  const Start start = {run, argument, /*worker=*/false};
  int error = 0;
  if (attributes == nullptr) {
    error = CreateDetached(0, start);
  } else {
    // The program may destroy its own as soon as the function has been called,
    // and pthread_create looks at them once more after that.
    const pthread_attr_t copy = *attributes;
    error = Create(&copy, start);
  }
  // Attributes refused for good must not lose the notification.
  if (error != 0 && attributes != nullptr && !IsTemporary(error)) {
    error = CreateDetached(0, start);
  }
  return error == 0 ? 0 : -EAGAIN;
}

}  // namespace aioemul::threads
