// The poller: one thread that waits until descriptors are ready, for all the
// requests that wait for a pipe, a socket or a terminal, and moves their bytes
// itself, so that such a request holds no worker (contract I1) and waits behind
// none (I7).
//
// It starts with the first request that must wait, and goes, with the
// descriptors it made for itself, when none has been outstanding for the idle
// time.
//
//   who waits                            the thread
//   1 counts itself among the users      a says that it does not run
//   2 asks whether the thread runs       b asks whether there are users; if
//                                          there are, it runs on
//
// All four are sequentially consistent, so one of the two sees the other.
//
// A set that the program has taken away (see Readiness) is replaced by another,
// into which all that is waited for is put again.  A thread that sleeps on the
// old one when another thread notices cannot be woken; it goes when that set
// reports something, and the new set has a thread of its own.
//
// Thread safety: every function may be called from any thread; none is
// async-signal-safe.  Lock order: with the mutex of a DescriptorQueue held,
// Await, Forget, Limit, Enter and Leave take the one here; the poller's thread
// calls its clients without holding any.

#ifndef AIOEMUL_EMUL_POLLER_H_
#define AIOEMUL_EMUL_POLLER_H_

#include <atomic>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "emul/intrusive_list.h"
#include "emul/mutex.h"
#include "emul/platform/platform.h"

namespace aioemul {

class Poller {
 public:
  // One descriptor that is waited for; the token of its descriptor.
  class Client {
   public:
    // The descriptor is ready in these directions, or was.  Called on the
    // poller's thread.
    virtual void OnReady(DirectionSet ready, bool ended) = 0;
    // The set that it was in is gone, and it is in no other.  As OnReady for
    // both directions: it finds out why when it tries.
    virtual void OnForgotten() = 0;
    // The time that Limit gave has come.  Called on the poller's thread.
    virtual void OnTimeLimit(MonotonicTime now) = 0;

    // --- The poller's, guarded by its mutex.
    int awaited_fd = -1;  // while it is armed or watched
    DirectionSet awaited = 0;
    bool is_watched = false;
    bool is_stale = false;
    MonotonicTime time_limit = kNever;
    ListLink<Client> armed_link;
    ListLink<Client> limit_link;

   protected:
    ~Client() = default;
  };

  // What the thread does besides.
  class Chore {
   public:
    // Called on the thread after each of its waits; returns when to call it
    // again at the latest.
    virtual MonotonicTime DoPollersChore() = 0;

   protected:
    ~Chore() = default;
  };

  Poller(Platform& platform, Chore& chore, MonotonicTime idle_time)
      : platform_(platform), chore_(chore), idle_time_(idle_time) {}
  ~Poller() { Stop(); }
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // One more user: while there is any, the thread, once started, stays.
  void Enter() { users_.fetch_add(1, std::memory_order_seq_cst); }
  void Leave() ABSL_LOCKS_EXCLUDED(mutex_);
  // Makes sure of the thread, for a user; 0, or -EAGAIN.  Called without locks.
  int Ensure();

  // `client` is to be told when `fd` is ready in any of `directions`, which are
  // all that are waited for on it; once, or when `watch` again and again (see
  // Readiness).  0, or an error: it cannot be waited for, or the means cannot
  // be had.
  enum class Manner : bool { kOnce, kWatch };
  int Await(Client* client, int fd, DirectionSet directions, Manner manner)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // The client waits for nothing more.
  void Forget(Client* client) ABSL_LOCKS_EXCLUDED(mutex_);

  // The client is to be told at `limit`, in place of any earlier call.
  void Limit(Client* client, MonotonicTime limit) ABSL_LOCKS_EXCLUDED(mutex_);

  // Has the thread do its chore soon.
  void Nudge() ABSL_LOCKS_EXCLUDED(mutex_);

  void Configure(MonotonicTime idle_time) ABSL_LOCKS_EXCLUDED(mutex_);

  // Waits until the thread has left.  No user may be left, now or later.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  enum State : uint32_t { kNone, kStarting, kRunning };
  using ArmedList = IntrusiveList<Client, &Client::armed_link>;
  using LimitList = IntrusiveList<Client, &Client::limit_link>;

  static void RunThread(void* poller);
  void Run();
  // One wait of the thread: on what, and until when although nothing happens.
  struct Turn {
    Readiness* set;  // null: there is none
    MonotonicTime wake_time;
    bool is_idle;  // `wake_time` is the end of the idle time
    uint32_t nudges;
  };
  Turn FallAsleep(MonotonicTime chore_time) ABSL_LOCKS_EXCLUDED(mutex_);
  MonotonicTime WakeTime(MonotonicTime chore_time, bool* is_idle)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // False when the set was lost meanwhile and another thread has the next one;
  // this one is to leave.
  bool WakeUp(const Turn& turn, bool lost) ABSL_LOCKS_EXCLUDED(mutex_);
  // Sleeps, and tells the clients; how many.  Negative when WakeUp was false.
  int Poll(const Turn& turn);
  void TellStale() ABSL_LOCKS_EXCLUDED(mutex_);
  void TellLimits() ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether the thread is to leave; if so everything is closed.
  bool MayLeave(const Turn& turn) ABSL_LOCKS_EXCLUDED(mutex_);
  // The thread has said that it does not run, and there are users: whether it
  // runs on, because no other thread does.
  bool RunsOn();
  void CountDeparture() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Makes sure of the set.
  bool MakeSet() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Closes the set: nobody waits.
  void CloseSet() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Makes another set in place of one that was lost, and puts all that is
  // waited for into it.
  void Renew() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  int Arm(Client* client) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Unlink(Client* client) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EndLimit(Client* client) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Interrupt() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // --- Constant.
  Platform& platform_;
  Chore& chore_;
  const ThreadStart start_ = {&RunThread, this};

  // --- Atomic.
  // Against each other: see above.
  std::atomic<int> users_{0};
  std::atomic<uint32_t> state_{kNone};  // those who find kStarting sleep on it
  // Set by the thread before it sleeps without a deadline and then looks for
  // users; read by the last user after it has left.
  std::atomic<bool> sleeps_for_ever_{false};
  std::atomic<uint32_t> nudges_{0};      // a thread without a set sleeps on it
  std::atomic<uint32_t> departures_{0};  // Stop sleeps on it

  // --- Guarded by mutex_.
  Mutex mutex_;
  MonotonicTime idle_time_ ABSL_GUARDED_BY(mutex_);
  Readiness* set_ ABSL_GUARDED_BY(mutex_) = nullptr;
  bool asleep_on_set_ ABSL_GUARDED_BY(mutex_) = false;
  bool interrupted_ ABSL_GUARDED_BY(mutex_) = false;  // while not asleep on it
  // The thread sleeps until then.
  MonotonicTime wake_time_ ABSL_GUARDED_BY(mutex_) = kNever;
  ArmedList armed_ ABSL_GUARDED_BY(mutex_);
  ArmedList stale_ ABSL_GUARDED_BY(mutex_);   // no new set took them
  LimitList limits_ ABSL_GUARDED_BY(mutex_);  // the earliest first
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  int strays_ ABSL_GUARDED_BY(mutex_) = 0;  // threads on sets that were lost
};

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_POLLER_H_
