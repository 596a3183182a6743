// Devices: what can neither be tried nor waited for, or only be waited for and
// then not be tried (/dev/kmsg, a terminal, an inotify descriptor).  Each
// transfer on one is a system call that may block for as long as somebody else
// likes, so it has a thread of its own, made for it, and holds neither a worker
// nor the poller (contract I6).  Their number is bounded; what comes then waits
// for one of them to end, and can be cancelled until it has its thread.
//
// The thread may have a table of descriptors of its own (Platform::HoldFile),
// so all it does besides the transfer is to publish the result.  What is to be
// done then (the next in the lane, threads for notifications) it leaves to the
// engine's attendant, which starts these threads, too.
//
// Thread safety: every function may be called from any thread, none is
// async-signal-safe.  Lock order: Post is called with the mutex of a
// DescriptorQueue held, Configure with that of the engine's options, and both
// take the one here; Attend and RunThread call a Lane with none held.

#ifndef AIOEMUL_EMUL_DEVICES_H_
#define AIOEMUL_EMUL_DEVICES_H_

#include <atomic>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "emul/intrusive_list.h"
#include "emul/mutex.h"
#include "emul/platform/platform.h"

namespace aioemul {

class Devices {
 public:
  // One direction of a descriptor.
  class Lane {
   public:
    // Goes on with what can go on; whether a thread is wanted.  Called by the
    // attendant.
    virtual bool Attend() = 0;
    // Carries out what wanted a thread, if it is still there.  Called on one.
    virtual void Perform() = 0;

    // --- The devices', guarded by their mutex.
    bool is_listed = false;
    Devices* devices = nullptr;
    ThreadStart start = {};
    ListLink<Lane> link;

   protected:
    ~Lane() = default;
  };

  // Who has Attend called.
  class Attendance {
   public:
    // Soon.  Called without locks by a thread that must start none.
    virtual void CallAttendant() = 0;

   protected:
    ~Attendance() = default;
  };

  Devices(Platform& platform, Attendance& attendance, int most_threads)
      : platform_(platform),
        attendance_(attendance),
        most_threads_(most_threads) {}
  // Waits until all threads have left.  No request may be outstanding.
  ~Devices();
  Devices(const Devices&) = delete;
  Devices& operator=(const Devices&) = delete;

  // The attendant is to see to `lane`.  The caller calls it, unless Perform is
  // what it is in.
  void Post(Lane* lane) ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether any was posted that Attend has not seen; and whether a thread may
  // yet post one.
  bool has_posts() const { return posts_.load(std::memory_order_relaxed) > 0; }

  bool HasThreads() ABSL_LOCKS_EXCLUDED(mutex_);

  // The attendant's part: sees to what was posted.  False when a thread could
  // not be had, and it should be called again after a time.
  bool Attend() ABSL_LOCKS_EXCLUDED(mutex_);

  // Takes effect for the threads to come.
  void Configure(int most_threads) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using LaneList = IntrusiveList<Lane, &Lane::link>;

  static void RunThread(void* lane);
  // Lets those that wait for a thread be seen to again.
  void PostBlocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Lane* NextPost() ABSL_LOCKS_EXCLUDED(mutex_);
  bool StartThread(Lane* lane) ABSL_LOCKS_EXCLUDED(mutex_);
  void EndThread() ABSL_LOCKS_EXCLUDED(mutex_);
  void Keep(Lane* lane, LaneList* list) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // --- Constant.
  Platform& platform_;
  Attendance& attendance_;

  // --- Atomic.
  std::atomic<int> posts_{0};  // the length of posted_; written under mutex_
  std::atomic<uint32_t> departures_{0};  // the destructor sleeps on it

  // --- Guarded by mutex_.
  Mutex mutex_;
  int most_threads_ ABSL_GUARDED_BY(mutex_);
  int threads_ ABSL_GUARDED_BY(mutex_) = 0;
  int busy_ ABSL_GUARDED_BY(mutex_) = 0;  // of these, those not about to leave
  LaneList posted_ ABSL_GUARDED_BY(mutex_);
  LaneList blocked_ ABSL_GUARDED_BY(mutex_);  // until a thread ends
};

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_DEVICES_H_
