// The attendant: one thread of an engine for what nobody else may do, or can do
// now: it sends the notifications that could not be sent, and starts the
// threads of those that were left to it, since whoever ended the request may
// have been a handler, which must start none.  It starts the threads of devices
// for the same reason.
//
// It is made sure of when a request that may need it is submitted (contract A6,
// G1, G2), so that it is there however busy the workers are, and when no thread
// can be had any more.  It leaves when nothing needs it for the idle time (J3).
//
// Thread safety: every function may be called from any thread; none is
// async-signal-safe, unless signals are blocked: then Announce is.  Lock order:
// the mutex is a leaf, and held over no call but those of Work that look.

#ifndef AIOEMUL_EMUL_ATTENDANT_H_
#define AIOEMUL_EMUL_ATTENDANT_H_

#include <atomic>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "emul/mutex.h"
#include "emul/platform/platform.h"

namespace aioemul {

class Attendant {
 public:
  class Work {
   public:
    // Does what is due.  Called on the attendant's thread, without a mutex, and
    // by one at a time.
    virtual void Attend() = 0;
    // When something is due next; kNever while nothing is.
    virtual MonotonicTime NextTime() = 0;
    // Whether anything is left that may need the attendant.
    virtual bool NeedsAttendant() = 0;

   protected:
    ~Work() = default;
  };

  Attendant(Platform& platform, Work& work, MonotonicTime idle_time)
      : platform_(platform), work_(work), idle_time_(idle_time) {}
  ~Attendant() { Stop(); }
  Attendant(const Attendant&) = delete;
  Attendant& operator=(const Attendant&) = delete;

  // Makes sure of the thread, which then stays while Work::NeedsAttendant() is
  // true.  0, or -EAGAIN when no thread can be had.
  int Ensure() ABSL_LOCKS_EXCLUDED(mutex_);

  // Work::NextTime() has changed: the thread looks at it now.
  void Announce();

  void Configure(MonotonicTime idle_time) ABSL_LOCKS_EXCLUDED(mutex_);

  // Waits until nothing needs the thread and it has left.  No other call may be
  // under way or follow.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  static void RunThread(void* attendant);
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether something is due and nobody does it.
  bool IsDue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Attend() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Decides whether one thread may go, and if so counts it out: then it must
  // not touch the attendant after the mutex.
  bool MayLeave() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Leave() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Sleeps, with the mutex released, until something is due, `idle_until`, or
  // an announcement after `announcements`.
  void Sleep(uint32_t announcements, MonotonicTime idle_until)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // --- Constant.
  Platform& platform_;
  Work& work_;
  const ThreadStart start_ = {&RunThread, this};

  // --- Atomic.
  // Threads, counted by who starts one; of two submitters that find none each
  // starts one, and one of these leaves.  Below 0 while one has left before it
  // was counted.  Written under mutex_; Ensure reads it without, see MayLeave.
  std::atomic<int> thread_count_{0};
  // The thread reads it before it looks for what is due, and sleeps on it.
  std::atomic<uint32_t> announcements_{0};
  std::atomic<uint32_t> departures_{0};  // Stop sleeps on it

  // --- Guarded by mutex_.
  Mutex mutex_;
  MonotonicTime idle_time_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool attending_ ABSL_GUARDED_BY(mutex_) = false;  // one of them is in Attend
};

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_ATTENDANT_H_
