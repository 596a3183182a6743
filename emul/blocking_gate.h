// A gate before transfers that may block a worker for as long as somebody else
// likes (a terminal whose output is stopped, say): no more than a quarter of
// the workers may be held by such at a time, so that files never starve.  Each
// direction has a gate of its own, because the one may be waiting for the
// other.
//
// Such a transfer is made on a duplicate of the descriptor, if one can be had,
// so that nobody who closes the number has to wait for it.  (Nothing that seeks
// comes here: closing a duplicate would drop the process's record locks.)  The
// gate knows the duplicates, and a forked child closes them.
//
// Thread safety: every function may be called from any thread; none is
// async-signal-safe.  Lock order: Enter is called with the mutex of a
// DescriptorQueue held and takes the one here; Leave calls OnReady without.

#ifndef AIOEMUL_EMUL_BLOCKING_GATE_H_
#define AIOEMUL_EMUL_BLOCKING_GATE_H_

#include <algorithm>

#include "absl/base/thread_annotations.h"
#include "emul/intrusive_list.h"
#include "emul/mutex.h"
#include "emul/platform/platform.h"
#include "emul/poller.h"

namespace aioemul {

class BlockingGate {
 public:
  // One who waits at the gate, at most once.
  struct Place {
    explicit Place(Poller::Client& owner) : client(owner) {}
    Poller::Client& client;
    bool waiting = false;
    ListLink<Place> link;
  };

  // One who is inside.
  struct Pass {
    int duplicate = -1;  // the descriptor to use; -1: there is none
    ListLink<Pass> link;
  };

  BlockingGate(Platform& platform, int workers) : platform_(platform) {
    Configure(workers);
  }
  BlockingGate(const BlockingGate&) = delete;
  BlockingGate& operator=(const BlockingGate&) = delete;

  // True: the caller is through, with `pass` for a transfer on `fd`, and owes a
  // Leave.  False: `place` waits, and its client is told, by OnReady, to try
  // again.
  bool Enter(Place* place, Pass* pass, int fd) ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(mutex_);
    if (inside_ < limit_) {
      ++inside_;
      pass->duplicate = platform_.Duplicate(fd);
      passes_.PushBack(pass);
      return true;
    }
    if (!place->waiting) waiting_.PushBack(place);
    place->waiting = true;
    return false;
  }

  // All who wait are told, and not just one: it may turn out not to need the
  // gate any more, and would have to pass the turn on.
  void Leave(Pass* pass) ABSL_LOCKS_EXCLUDED(mutex_) {
    {
      MutexLock lock(mutex_);
      --inside_;
      passes_.Remove(pass);
      if (pass->duplicate >= 0) platform_.CloseDuplicate(pass->duplicate);
      pass->duplicate = -1;
    }
    TellWaiting();
  }

  // Around a fork, so that the child knows all duplicates; and in the child, in
  // between: closes them.
  void HoldForFork() ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex_) { mutex_.Lock(); }
  void ReleaseAfterFork() ABSL_UNLOCK_FUNCTION(mutex_) { mutex_.Unlock(); }
  void Abandon() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    while (Pass* pass = passes_.PopFront()) {
      if (pass->duplicate >= 0) platform_.CloseDuplicate(pass->duplicate);
    }
  }

  // The number of workers there may be.
  void Configure(int workers) ABSL_LOCKS_EXCLUDED(mutex_) {
    {
      MutexLock lock(mutex_);
      limit_ = std::max(1, workers / 4);
    }
    TellWaiting();
  }

 private:
  void TellWaiting() ABSL_LOCKS_EXCLUDED(mutex_) {
    while (Place* place = NextWaiting()) place->client.OnReady(0);
  }

  // Null when nobody waits, or nobody could pass.
  Place* NextWaiting() ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(mutex_);
    Place* place = inside_ < limit_ ? waiting_.PopFront() : nullptr;
    if (place != nullptr) place->waiting = false;
    return place;
  }

  Platform& platform_;

  Mutex mutex_;
  int limit_ ABSL_GUARDED_BY(mutex_) = 1;
  int inside_ ABSL_GUARDED_BY(mutex_) = 0;
  IntrusiveList<Pass, &Pass::link> passes_ ABSL_GUARDED_BY(mutex_);
  IntrusiveList<Place, &Place::link> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_BLOCKING_GATE_H_
