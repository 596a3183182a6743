// The notifier sends notifications, and keeps those that cannot be sent for
// the moment (the limit on pending signals is reached, no thread can be had)
// until they can: none is ever lost (contract G1, G2).
//
// Nobody waits for it.  Notify tries once; what is kept is tried again by the
// attendant, through Retry, when it is due.  What must wait holds up only its
// own kind: functions do not wait for signals nor signals for functions, and
// signals only for those of the same number, whose order holds.
//
// Thread safety: every function may be called from any thread; none is
// async-signal-safe, unless Notify is told to be.

#ifndef AIOEMUL_EMUL_NOTIFIER_H_
#define AIOEMUL_EMUL_NOTIFIER_H_

#include <signal.h>

#include <array>
#include <atomic>
#include <cstddef>
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

  // Sends what is kept, as far as it can be sent now: signals of one number in
  // the order they came, and those of different numbers in turn.  For one
  // thread at a time.
  void Retry() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Queue = IntrusiveList<Notification, &Notification::link>;

  // True when it was sent; false when it must be tried again.
  bool TrySend(Notification* notification);

  // Each is true when anything was sent.
  bool RetrySignals() ABSL_LOCKS_EXCLUDED(mutex_);
  bool RetryThreads() ABSL_LOCKS_EXCLUDED(mutex_);
  // The first signal kept of the next number that has any and is not among
  // `refused`; null when there is none.
  using Numbers = std::array<bool, NSIG>;
  Notification* TakeSignal(const Numbers& refused) ABSL_LOCKS_EXCLUDED(mutex_);
  Notification* TakeThread() ABSL_LOCKS_EXCLUDED(mutex_);

  // --- Constant.
  Platform& platform_;

  // --- Atomic.
  // Not kNever while anything is kept.  Written under mutex_; read without,
  // where a value just past does no harm.
  std::atomic<MonotonicTime> retry_time_{kNever};
  // Signals kept of each number, one that is being tried again included.
  // Changed under mutex_; Notify reads it without: a signal that becomes due
  // while another thread keeps one of its number has no order to it.
  std::array<std::atomic<int>, NSIG> signal_counts_{};

  // --- Guarded by mutex_.
  Mutex mutex_;
  std::array<Queue, NSIG> signals_ ABSL_GUARDED_BY(mutex_);
  size_t latest_number_ ABSL_GUARDED_BY(mutex_) = 0;  // of one sent again
  Queue threads_ ABSL_GUARDED_BY(mutex_);
  int thread_count_ ABSL_GUARDED_BY(mutex_) = 0;  // of threads_
  MonotonicTime delay_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_NOTIFIER_H_
