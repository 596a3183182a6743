// The worker pool: which descriptor is served next, and by whom.
//
// Descriptors that have requests to be taken stand in a ring for each level;
// a free worker takes the first descriptor of the highest level, takes one
// request from it, and puts it back at the end of the ring if it has more, so
// that descriptors of equal priority take turns (contract B1, B2).
//
// Threads are started when there is work, nobody idle and the limit allows,
// the most recently idle is woken first, and the idle exit after a time; but
// the last one stays while any request is in use, so that an accepted request
// always has a thread (A6, J3).
//
// Wake-ups come in a chain.  At most one worker at a time is *searching*: woken
// or started, and not yet at work.  While one is, new work wakes nobody; when
// it has taken its request and sees more work, it wakes the next.  One that is
// still being started, which may take a while, holds up nobody who is idle.
// Hence, while the mutex is free: if any descriptor stands in a ring, somebody
// is searching, or has served a descriptor and looks for the next one now, or
// every worker is busy and either one is being started or the pool is at its
// limit.
//
// Threads are started without the mutex: a handler may have interrupted the
// starting of another, or an allocation, and wait for the mutex (contract C3).
// So a thread runs before it is counted, and the count may be one short of the
// threads there are for each that is being started; it is never more.  Two
// submitters that find no thread start one each, as neither can know that the
// other will get one; a thread above the limit leaves when it looks for work.
// No more than the limit serve descriptors at a time.
//
// Thread safety: every function may be called from any thread; none is
// async-signal-safe.  Lock order: the mutex here is taken with the mutex of a
// DescriptorQueue held, and no other is taken under it.

#ifndef AIOEMUL_EMUL_WORKER_POOL_H_
#define AIOEMUL_EMUL_WORKER_POOL_H_

#include <array>
#include <atomic>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "emul/intrusive_list.h"
#include "emul/level.h"
#include "emul/mutex.h"
#include "emul/platform/platform.h"
#include "emul/spin.h"

namespace aioemul {

class DescriptorQueue;

// A descriptor's place in the rings; guarded by the pool's mutex.
struct RingPlace {
  explicit RingPlace(DescriptorQueue& owner) : queue(owner) {}
  DescriptorQueue& queue;
  Level level = kNoLevel;  // of the ring it stands in
  ListLink<RingPlace> link;
};

class WorkerPool {
 public:
  // What workers do.
  class Work {
   public:
    // Takes a request from `queue`, which stood in the ring of `level`, and
    // carries it through; or does nothing if there is none.
    virtual void Serve(DescriptorQueue& queue, Level level) = 0;
    // Whether anything is left that may need a worker.
    virtual bool NeedsWorker() = 0;

   protected:
    ~Work() = default;
  };

  // One thread.  All members are guarded by the pool's mutex, but that the
  // owner, while idle, looks at `word` and sleeps on it.
  struct Worker {
    WorkerPool* pool = nullptr;
    ThreadStart start = {};
    std::atomic<uint32_t> word{0};  // a Sleep
    bool searching = false;
    bool serving = false;
    ListLink<Worker> link;  // among the idle, or among the records to reuse
  };

  // Whom to wake once no lock is held; see Deliver.
  struct Wakeup {
    Worker* worker = nullptr;
    bool start_thread = false;
  };

  // An idle worker, one at a time, spins up to `spin_limit` before it sleeps.
  WorkerPool(Platform& platform, Work& work, int max_threads,
             MonotonicTime idle_time, MonotonicTime spin_limit = 0);
  // Lets the workers finish what they do and waits until all have left.  No
  // request may be outstanding.
  ~WorkerPool() ABSL_LOCKS_EXCLUDED(mutex_);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Makes sure that there is a worker, which then stays while
  // Work::NeedsWorker() is true.  0, or -EAGAIN when no thread can be had.
  int EnsureWorker() ABSL_LOCKS_EXCLUDED(mutex_);

  // Puts a descriptor whose best request is of `level` into that level's ring,
  // or moves it there from a lower one.  The caller passes what it returns to
  // Deliver after releasing its own locks.  A worker that is about to look for
  // its next task recruits nobody: it finds the descriptor, and goes on from
  // there.
  enum class Recruiting : bool { kNo, kYes };
  [[nodiscard]] Wakeup Announce(RingPlace* place, Level level,
                                Recruiting recruiting = Recruiting::kYes)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Wakes or starts whom `wakeup` names, if anybody.
  void Deliver(Wakeup wakeup) ABSL_LOCKS_EXCLUDED(mutex_);

  // Takes effect at once; surplus workers leave after what they are doing.
  void Configure(int max_threads, MonotonicTime idle_time)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Whether a thread was lacking, so that Announce is worth a call even for a
  // descriptor that stands in its ring already.
  bool wants_reminders() const {
    return lacks_threads_.load(std::memory_order_relaxed);
  }

  int thread_count() const {
    return thread_count_.load(std::memory_order_relaxed);
  }

 private:
  using Ring = IntrusiveList<RingPlace, &RingPlace::link>;
  using WorkerList = IntrusiveList<Worker, &Worker::link>;

  static void RunWorker(void* argument);
  void Run(Worker* worker) ABSL_LOCKS_EXCLUDED(mutex_);

  // What a worker found to do.
  struct Task {
    RingPlace* place = nullptr;  // null: the worker is to leave
    Level level = kNoLevel;
  };
  // Waits until there is something to do.
  Task NextTask(Worker* worker) ABSL_LOCKS_EXCLUDED(mutex_);
  // What there is to do now, if anything; the worker is to idle if not.
  bool FindTask(Worker* worker, Task* task)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Sleeps with the mutex released.  False when the idle time, and `shortest`,
  // have passed.
  bool Idle(Worker* worker, MonotonicTime shortest)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Waits, without the mutex, until somebody calls Rouse, or `wake_time`.
  void Rest(Worker* worker, bool spins, MonotonicTime begun,
            MonotonicTime wake_time);
  bool HasSpinner() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Ends the rest of a worker; true when it sleeps and must be woken.
  static bool Rouse(Worker* worker);
  void Dismiss(Worker* worker) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Decides whether one thread may go, and if so counts it out.
  bool MayLeave() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Leave(Worker* worker) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Whether there is a descriptor that may be served now.
  bool HasWork() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Chooses somebody to search, unless somebody does; a new thread if nobody is
  // idle, and with growth.
  enum class Growth : bool { kNo, kYes };
  Wakeup Recruit(Growth growth) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Wakeup RecruitIfWork(Growth growth) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool MayGrow() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes off the marks of what the worker has done.
  void EndTask(Worker* worker) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void StopSearching(Worker* worker) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TakeFromRing(Worker* worker, Task* task)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WakeAllIdle() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Starts a thread that searches, which is counted as starting and as
  // searching.  0 or -EAGAIN.
  int StartThread() ABSL_LOCKS_EXCLUDED(mutex_);
  Worker* NewWorker() ABSL_LOCKS_EXCLUDED(mutex_);

  // --- Constant.
  Platform& platform_;
  Work& work_;

  // --- Atomic.
  // Threads, without those not counted yet; below 0 while one of these has left
  // already.  Written under mutex_; EnsureWorker reads it without, see
  // MayLeave.
  std::atomic<int> thread_count_{0};
  // A thread could not be had; written under mutex_.
  std::atomic<bool> lacks_threads_{false};
  std::atomic<uint32_t> departures_{0};  // the destructor sleeps on it
  Spin spin_;

  // --- Guarded by mutex_.
  Mutex mutex_;
  int max_threads_ ABSL_GUARDED_BY(mutex_);
  MonotonicTime idle_time_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::array<Ring, kLevels> rings_ ABSL_GUARDED_BY(mutex_);
  LevelSet occupied_ ABSL_GUARDED_BY(mutex_);   // the rings not empty
  WorkerList idle_ ABSL_GUARDED_BY(mutex_);     // most recently idle first
  WorkerList records_ ABSL_GUARDED_BY(mutex_);  // of threads that left
  int serving_ ABSL_GUARDED_BY(mutex_) = 0;     // workers marked as serving
  int starting_ ABSL_GUARDED_BY(mutex_) = 0;    // threads not counted yet
  // How many workers are marked as searching, one being started included.
  int searching_ ABSL_GUARDED_BY(mutex_) = 0;
  // lacks_threads_: none is tried for until then.
  MonotonicTime no_growth_until_ ABSL_GUARDED_BY(mutex_) = 0;
  // The idle worker that spins.
  Worker* spinner_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_WORKER_POOL_H_
