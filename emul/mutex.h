// pthread_mutex_t with the thread-safety annotations of Abseil.
//
// absl::Mutex is not used: it allocates an identity for each thread that meets
// contention and ends the process when it cannot, and this library must live
// through a lack of memory.

#ifndef AIOEMUL_EMUL_MUTEX_H_
#define AIOEMUL_EMUL_MUTEX_H_

#include <pthread.h>

#include "absl/base/thread_annotations.h"

namespace aioemul {

// Not async-signal-safe: a handler must take no lock.
class ABSL_LOCKABLE Mutex {
 public:
  constexpr Mutex() = default;
  ~Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { pthread_mutex_lock(&mutex_); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { pthread_mutex_unlock(&mutex_); }

 private:
  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex)
      : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_MUTEX_H_
