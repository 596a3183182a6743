// The notifier sends notifications, and keeps those that cannot be sent for
// the moment (the limit on pending signals is reached, no thread can be had)
// until they can: none is ever lost (contract G1, G2).
//
// Nobody waits for it.  Notify tries once; what is kept is tried again by the
// worker pool, through Retry, when it is due.
//
// Thread safety: every function may be called from any thread; none is
// async-signal-safe, unless Notify is told to be.

#ifndef AIOEMUL_EMUL_NOTIFIER_H_
#define AIOEMUL_EMUL_NOTIFIER_H_

#include <atomic>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "emul/mutex.h"
#include "emul/notification.h"
#include "emul/platform/platform.h"

namespace aioemul {

class Notifier {
 public:
  explicit constexpr Notifier(Platform& platform) : platform_(platform) {}
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  enum class Manner : uint8_t {
    kAtOnce,
    kThreadsLater,  // starts no thread; async-signal-safe
  };

  // Sends `notification`, now or later, and calls its `sent` when done.  True
  // when it was kept for later: somebody must call Retry at retry_time.
  [[nodiscard]] bool Notify(Notification* notification, Manner manner)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // When Retry should be called next; kNever while nothing is kept.
  MonotonicTime retry_time() const {
    return retry_time_.load(std::memory_order_relaxed);
  }

  // Sends what is kept, as far as it can be sent now: signals in the order they
  // came.  For one thread at a time.
  void Retry() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Queue = IntrusiveList<Notification, &Notification::link>;

  // True when it was sent; false when it must be tried again.
  bool TrySend(Notification* notification);

  // Each is true when anything was sent.
  bool RetrySignals() ABSL_LOCKS_EXCLUDED(mutex_);
  bool RetryThreads() ABSL_LOCKS_EXCLUDED(mutex_);
  Notification* TakeFirst(Queue Notifier::*kept) ABSL_LOCKS_EXCLUDED(mutex_);

  // --- Constant.
  Platform& platform_;

  // --- Atomic.
  // Not kNever while anything is kept.  Written under mutex_; read without,
  // where a value just past does no harm.
  std::atomic<MonotonicTime> retry_time_{kNever};
  // Signals kept, one that is being tried again included.
  std::atomic<int> signal_count_{0};

  // --- Guarded by mutex_.
  Mutex mutex_;
  Queue signals_ ABSL_GUARDED_BY(mutex_);
  Queue threads_ ABSL_GUARDED_BY(mutex_);
  int thread_count_ ABSL_GUARDED_BY(mutex_) = 0;  // of threads_
  MonotonicTime delay_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_NOTIFIER_H_
