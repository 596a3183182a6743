// A gate before transfers that may block a worker for as long as somebody else
// likes (a terminal whose output is stopped, say): no more than a quarter of
// the workers may be held by such at a time, so that files never starve.  Each
// direction has a gate of its own, because the one may be waiting for the
// other.
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

  explicit BlockingGate(int workers) { Configure(workers); }
  BlockingGate(const BlockingGate&) = delete;
  BlockingGate& operator=(const BlockingGate&) = delete;

  // True: the caller is through, and owes a Leave.  False: `place` waits, and
  // its client is told, by OnReady, to try again.
  bool Enter(Place* place) ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(mutex_);
    if (inside_ < limit_) {
      ++inside_;
      return true;
    }
    if (!place->waiting) waiting_.PushBack(place);
    place->waiting = true;
    return false;
  }

  // All who wait are told, and not just one: it may turn out not to need the
  // gate any more, and would have to pass the turn on.
  void Leave() ABSL_LOCKS_EXCLUDED(mutex_) {
    {
      MutexLock lock(mutex_);
      --inside_;
    }
    TellWaiting();
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

  Mutex mutex_;
  int limit_ ABSL_GUARDED_BY(mutex_) = 1;
  int inside_ ABSL_GUARDED_BY(mutex_) = 0;
  IntrusiveList<Place, &Place::link> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_BLOCKING_GATE_H_
