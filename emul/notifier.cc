#include "emul/notifier.h"

#include <algorithm>
#include <cerrno>

namespace aioemul {
namespace {

constexpr MonotonicTime kFirstDelay = 1'000'000;     // 1 ms
constexpr MonotonicTime kLongestDelay = 64'000'000;  // 64 ms

// How many threads are tried for in vain at a time.
constexpr int kMostFailures = 8;

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
      notification->start = {&RunFunction, notification};
      return platform_.StartNotification(notification->start,
                                         notification->attributes) == 0;
  }
  notification->sent(notification);
  return true;
}

bool Notifier::Notify(Notification* notification, Manner manner) {
  if (notification->kind == Notification::Kind::kNone) {
    notification->sent(notification);
    return false;
  }
  const bool is_signal = notification->kind == Notification::Kind::kSignal;
  const auto number = static_cast<size_t>(notification->signal);
  const bool behind =
      is_signal && signal_counts_[number].load(std::memory_order_relaxed) != 0;
  const bool later = !is_signal && manner == Manner::kThreadsLater;
  if (!behind && !later && TrySend(notification)) return false;
  MutexLock lock(mutex_);
  if (is_signal) {
    signals_[number].PushBack(notification);
    signal_counts_[number].fetch_add(1, std::memory_order_relaxed);
  } else {
    threads_.PushBack(notification);
    ++thread_count_;
  }
  if (retry_time() == kNever || later) {
    delay_ = kFirstDelay;
    retry_time_.store(platform_.Now() + (later ? 0 : delay_),
                      std::memory_order_relaxed);
  }
  return true;
}

Notification* Notifier::TakeSignal(const Numbers& refused) {
  MutexLock lock(mutex_);
  for (size_t i = 1; i <= refused.size(); ++i) {
    const size_t number = (latest_number_ + i) % refused.size();
    if (refused[number] || signals_[number].empty()) continue;
    return signals_[number].PopFront();
  }
  return nullptr;
}

Notification* Notifier::TakeThread() {
  MutexLock lock(mutex_);
  return threads_.PopFront();
}

// When one cannot be sent, the next of its number cannot either.
bool Notifier::RetrySignals() {
  bool progress = false;
  Numbers refused = {};
  while (Notification* signal = TakeSignal(refused)) {
    const auto number = static_cast<size_t>(signal->signal);
    const bool sent = TrySend(signal);
    MutexLock lock(mutex_);
    if (sent) {
      signal_counts_[number].fetch_sub(1, std::memory_order_relaxed);
      latest_number_ = number;
      progress = true;
    } else {
      signals_[number].PushFront(signal);
      refused[number] = true;
    }
  }
  return progress;
}

// Each once, but no more than a few in vain.  What fails goes to the end: it
// may be its own attributes that cannot be met.
bool Notifier::RetryThreads() {
  int left = 0;
  {
    MutexLock lock(mutex_);
    left = thread_count_;
  }
  bool progress = false;
  for (int failures = 0; left > 0 && failures < kMostFailures; --left) {
    Notification* thread = TakeThread();
    const bool sent = TrySend(thread);
    MutexLock lock(mutex_);
    if (sent) {
      progress = true;
      --thread_count_;
    } else {
      threads_.PushBack(thread);
      ++failures;
    }
  }
  return progress;
}

void Notifier::Retry() {
  const bool signals = RetrySignals();
  const bool threads = RetryThreads();
  MutexLock lock(mutex_);
  delay_ =
      signals || threads ? kFirstDelay : std::min(2 * delay_, kLongestDelay);
  const bool done =
      threads_.empty() &&
      std::all_of(signals_.begin(), signals_.end(),
                  [](const Queue& queue) { return queue.empty(); });
  retry_time_.store(done ? kNever : platform_.Now() + delay_,
                    std::memory_order_relaxed);
}

}  // namespace aioemul
