#include "emul/notifier.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace aioemul {
namespace {

constexpr MonotonicTime kFirstDelay = 1'000'000;     // 1 ms
constexpr MonotonicTime kLongestDelay = 64'000'000;  // 64 ms

// The start of a notification's thread.  The function may never return, and
// may end its thread as it likes: everything is given back before.
void RunFunction(void* argument) {
  auto* notification = static_cast<Notification*>(argument);
  const auto function = notification->function;
  const sigval value = notification->value;
  notification->sent(notification);
  function(value);
}

}  // namespace

bool Notifier::TrySend(Notification* notification) {
  switch (notification->kind) {
    case Notification::Kind::kNone:
      break;
    case Notification::Kind::kSignal:
      if (platform_.QueueSignal(notification->signal, notification->value,
                                notification->thread) == -EAGAIN) {
        return false;
      }
      break;
    case Notification::Kind::kThread:
      // The new thread calls `sent`.
      return platform_.StartNotification(&RunFunction, notification,
                                         notification->attributes) == 0;
  }
  notification->sent(notification);
  return true;
}

bool Notifier::Notify(Notification* notification) {
  if (notification->kind == Notification::Kind::kNone) {
    notification->sent(notification);
    return false;
  }
  // Signals already kept go first, so that their order holds.
  const bool behind = notification->kind == Notification::Kind::kSignal &&
                      retry_time() != kNever;
  if (!behind && TrySend(notification)) return false;
  MutexLock lock(mutex_);
  if (retry_time() == kNever) {
    delay_ = kFirstDelay;
    retry_time_.store(platform_.Now() + delay_, std::memory_order_relaxed);
  }
  kept_.PushBack(notification);
  return true;
}

bool Notifier::SendWhatCanBe(Queue& batch) {
  Queue failed;
  bool progress = false;
  bool lacks_signals = false;
  bool lacks_threads = false;
  while (Notification* notification = batch.PopFront()) {
    // What one could not get the next one cannot get either.
    bool& lacking = notification->kind == Notification::Kind::kSignal
                        ? lacks_signals
                        : lacks_threads;
    if (!lacking && TrySend(notification)) {
      progress = true;
    } else {
      lacking = true;
      failed.PushBack(notification);
    }
  }
  batch = failed;
  return progress;
}

void Notifier::Retry() {
  Queue batch;
  {
    MutexLock lock(mutex_);
    if (retrying_ || kept_.empty()) return;
    retrying_ = true;
    std::swap(batch, kept_);
  }
  const bool progress = SendWhatCanBe(batch);

  MutexLock lock(mutex_);
  retrying_ = false;
  while (Notification* notification = kept_.PopFront()) {
    batch.PushBack(notification);
  }
  kept_ = batch;
  delay_ = progress ? kFirstDelay : std::min(2 * delay_, kLongestDelay);
  retry_time_.store(kept_.empty() ? kNever : platform_.Now() + delay_,
                    std::memory_order_relaxed);
}

}  // namespace aioemul
