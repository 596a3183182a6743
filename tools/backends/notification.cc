#include "tools/backends/notification.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <new>

#include "tools/backends/threads.h"

namespace aioemul::backends {
namespace {

constexpr timespec kBetweenTries = {0, 1'000'000};

// The notifications that wait for the system, and the thread that sends them.
struct Late {
  std::mutex mutex;
  std::condition_variable arrival;
  std::list<sigevent> events;
  bool running = false;
};

// Never destroyed: threads use it at exit.  A child gets one of its own.
Late* late = nullptr;

void LockLate() { late->mutex.lock(); }
void UnlockLate() { late->mutex.unlock(); }
void ForgetLate() { late = new Late; }

__attribute__((constructor)) void MakeLate() {
  late = new Late;
  pthread_atfork(LockLate, UnlockLate, ForgetLate);
}

void* SendLate(void* /*argument*/) {
  for (;;) {
    std::list<sigevent> first;
    {
      std::unique_lock<std::mutex> lock(late->mutex);
      late->arrival.wait(lock, [] { return !late->events.empty(); });
      first.splice(first.begin(), late->events, late->events.begin());
    }
    while (TrySending(first.front()) == EAGAIN) {
      nanosleep(&kBetweenTries, nullptr);
    }
  }
}

// False when there is no memory or no thread for it.
bool SendLater(const sigevent& event) {
  const std::lock_guard<std::mutex> lock(late->mutex);
  try {
    late->events.push_back(event);
  } catch (const std::bad_alloc&) {
    return false;
  }
  if (!late->running && StartThread("aio-late", SendLate, nullptr) != 0) {
    late->events.pop_back();
    return false;
  }
  late->running = true;
  late->arrival.notify_one();
  return true;
}

int SendSignal(const sigevent& event) {
  if (event.sigev_signo == 0) return 0;
  siginfo_t details = {};
  details.si_signo = event.sigev_signo;
  details.si_code = SI_ASYNCIO;
  details.si_pid = getpid();
  details.si_uid = getuid();
  details.si_value = event.sigev_value;
  const long sent =
      event.sigev_notify == SIGEV_THREAD_ID
          ? syscall(SYS_rt_tgsigqueueinfo, getpid(), event._sigev_un._tid,
                    event.sigev_signo, &details)
          : syscall(SYS_rt_sigqueueinfo, getpid(), event.sigev_signo, &details);
  return sent != 0 && errno == EAGAIN ? EAGAIN : 0;
}

void* RunFunction(void* argument) {
  const std::unique_ptr<sigevent> event(static_cast<sigevent*>(argument));
  const sigevent call = *event;
  call.sigev_notify_function(call.sigev_value);
  return nullptr;
}

int StartFunction(const sigevent& event) {
  auto copy = std::unique_ptr<sigevent>(new (std::nothrow) sigevent(event));
  if (copy == nullptr) return EAGAIN;
  pthread_attr_t detached;
  pthread_attr_init(&detached);
  pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
  const auto* const wanted =
      static_cast<const pthread_attr_t*>(event.sigev_notify_attributes);
  pthread_t thread;
  int error = EINVAL;
  if (wanted != nullptr) {
    error = pthread_create(&thread, wanted, RunFunction, copy.get());
  }
  // Attributes that no thread can have are not worth losing the call.
  if (error != 0 && error != EAGAIN) {
    error = pthread_create(&thread, &detached, RunFunction, copy.get());
  }
  pthread_attr_destroy(&detached);
  if (error != 0) return EAGAIN;
  static_cast<void>(copy.release());
  return 0;
}

}  // namespace

bool IsValid(const sigevent& event) {
  switch (event.sigev_notify) {
    case SIGEV_NONE:
      return true;
    case SIGEV_SIGNAL:
    case SIGEV_THREAD_ID:
      return event.sigev_signo >= 0 && event.sigev_signo <= SIGRTMAX;
    case SIGEV_THREAD:
      return event.sigev_notify_function != nullptr;
    default:
      return false;
  }
}

int TrySending(const sigevent& event) {
  switch (event.sigev_notify) {
    case SIGEV_SIGNAL:
    case SIGEV_THREAD_ID:
      return SendSignal(event);
    case SIGEV_THREAD:
      return StartFunction(event);
    default:
      return 0;
  }
}

void Notify(const sigevent& event) {
  if (TrySending(event) == 0 || SendLater(event)) return;
  while (TrySending(event) == EAGAIN) nanosleep(&kBetweenTries, nullptr);
}

}  // namespace aioemul::backends
