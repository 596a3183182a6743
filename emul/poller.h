// The poller: one thread that waits until descriptors are ready, for all the
// requests that wait for a pipe, a socket or a terminal, so that such a request
// holds no worker (contract I1).
//
// It starts with the first request that must wait, and goes, with the
// descriptors it made for itself, when none has waited for the idle time.
// While no thread can be had for it, the worker pool looks now and then
// instead, through Retry, so that what waits never holds the last worker.
//
// Thread safety: every function may be called from any thread; none is
// async-signal-safe.  Lock order: Enter, Rearm and Left are called with the
// mutex of a DescriptorQueue held and take the one here; the poller's thread
// calls OnReady without holding any.

#ifndef AIOEMUL_EMUL_POLLER_H_
#define AIOEMUL_EMUL_POLLER_H_

#include <atomic>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "emul/mutex.h"
#include "emul/platform/platform.h"

namespace aioemul {

class Poller {
 public:
  // One who waits; the token of its descriptor.
  class Client {
   public:
    // The descriptor is ready in these directions, or was.  Called on the
    // poller's thread; and by the blocking gate, with none, when those who wait
    // there may try again.
    virtual void OnReady(DirectionSet ready) = 0;

   protected:
    ~Client() = default;
  };

  Poller(Platform& platform, MonotonicTime idle_time)
      : platform_(platform), idle_time_(idle_time) {}
  ~Poller() { Stop(); }
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // One more request waits on `fd`, and `client` is to be told when it is ready
  // in any of `directions`, which are all that are waited for on it.  0, or an
  // error: the descriptor cannot be waited for, or the means cannot be had;
  // then the request does not count as waiting.
  int Enter(Client* client, int fd, DirectionSet directions)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Waits on, without a new request, for `directions`; after an OnReady.
  int Rearm(Client* client, int fd, DirectionSet directions);

  // When Retry should be called next; kNever when the poller has its thread, or
  // nobody waits.
  MonotonicTime retry_time() const {
    return retry_time_.load(std::memory_order_relaxed);
  }

  // Starts the thread that could not be had, or does its work once.  For one
  // thread at a time.
  void Retry() ABSL_LOCKS_EXCLUDED(mutex_);

  // A request that entered waits no more.
  void Left() ABSL_LOCKS_EXCLUDED(mutex_);

  void Configure(MonotonicTime idle_time) ABSL_LOCKS_EXCLUDED(mutex_);

  // Waits until the thread has left.  Nobody may be waiting, now or later.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

  // Around a fork, so that the child knows all descriptors that were made here;
  // and in the child, in between: closes them.
  // Not with mutex_: whoever waits for a request might be what the fork waits
  // for, and Left takes that.
  void HoldForFork() ABSL_EXCLUSIVE_LOCK_FUNCTION(set_mutex_) {
    set_mutex_.Lock();
  }
  void ReleaseAfterFork() ABSL_UNLOCK_FUNCTION(set_mutex_) {
    set_mutex_.Unlock();
  }
  void Abandon() ABSL_EXCLUSIVE_LOCKS_REQUIRED(set_mutex_);

 private:
  static void RunThread(void* poller);
  void Run();
  // The thread is about to sleep: until when, although nothing happens.
  MonotonicTime FallAsleep() ABSL_LOCKS_EXCLUDED(mutex_);
  void WakeUp() ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether the thread, idle since it asked for `wake_time`, is to leave; if so
  // everything is closed.
  bool MayLeave(MonotonicTime wake_time) ABSL_LOCKS_EXCLUDED(mutex_);
  // Makes sure of the set, and if possible of the thread.  False without a set.
  bool Start() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes what is ready until `deadline` and tells the clients; how many.
  int Poll(MonotonicTime deadline);
  void Close() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // --- Constant.
  Platform& platform_;
  const ThreadStart start_ = {&RunThread, this};

  // --- Atomic.
  std::atomic<uint32_t> departures_{0};  // the destructor sleeps on it
  // Written under mutex_; read without, where a value just past does no harm.
  std::atomic<MonotonicTime> retry_time_{kNever};

  // Held while the set is made or closed; taken after mutex_.
  Mutex set_mutex_;

  // --- Guarded by mutex_.
  Mutex mutex_;
  MonotonicTime idle_time_ ABSL_GUARDED_BY(mutex_);
  // Changed under mutex_, and only while nobody waits; so who waits, and the
  // thread, may use it without.
  Readiness* readiness_ = nullptr;
  bool running_ ABSL_GUARDED_BY(mutex_) = false;
  bool retrying_ ABSL_GUARDED_BY(mutex_) = false;
  MonotonicTime retry_delay_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool asleep_ ABSL_GUARDED_BY(mutex_) = false;  // the thread, or about to be
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;      // requests
};

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_POLLER_H_
