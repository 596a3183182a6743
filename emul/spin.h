// Looking for a short time at what is about to happen, instead of sleeping: a
// sleep and a wake-up cost more than the wait for a quick transfer takes.
//
// It is done only when it pays: when the latest wait of the same kind ended
// within the limit, however it was spent, so that there is one look in vain
// when traffic stops.  And since what is waited for may need the very
// processor, each further look in vain makes more waits pass without one.
//
// Thread and signal safety: all functions may be called from any thread and
// from signal handlers.

#ifndef AIOEMUL_EMUL_SPIN_H_
#define AIOEMUL_EMUL_SPIN_H_

#include <algorithm>
#include <atomic>

#include "emul/platform/platform.h"

namespace aioemul {

class Spin {
 public:
  // With a limit of 0 nobody ever spins.
  Spin(Platform& platform, MonotonicTime limit)
      : platform_(platform), limit_(limit) {}
  Spin(const Spin&) = delete;
  Spin& operator=(const Spin&) = delete;

  // To be asked once for each wait.
  bool IsWorthwhile() {
    if (!recently_short_.load(std::memory_order_relaxed)) return false;
    const int pass = pass_.load(std::memory_order_relaxed);
    if (pass > 0) pass_.store(pass - 1, std::memory_order_relaxed);
    return pass == 0;
  }

  // The time a wait begins; what it returns is for the other two.
  MonotonicTime Begin() const { return limit_ > 0 ? platform_.Now() : 0; }

  // Looks until `done`, up to the limit or `deadline`; whether it is done.
  template <typename Done>
  bool Until(Done done, MonotonicTime begun, MonotonicTime deadline) {
    const MonotonicTime end = std::min(begun + limit_, deadline);
    do {
      for (int i = 0; i < kLooksForEachTime; ++i) {
        if (done()) {
          pause_.store(1, std::memory_order_relaxed);
          return true;
        }
        platform_.Relax();
      }
    } while (platform_.Now() < end);
    const int pause = pause_.load(std::memory_order_relaxed);
    pass_.store(pause, std::memory_order_relaxed);
    pause_.store(std::min(2 * pause, kLongestPause), std::memory_order_relaxed);
    return false;
  }

  // The wait is over.
  void End(MonotonicTime begun) {
    if (limit_ == 0) return;
    const bool was_short = platform_.Now() - begun < limit_;
    if (was_short != recently_short_.load(std::memory_order_relaxed)) {
      recently_short_.store(was_short, std::memory_order_relaxed);
    }
  }

 private:
  static constexpr int kLooksForEachTime = 16;
  static constexpr int kLongestPause = 1024;

  Platform& platform_;
  const MonotonicTime limit_;
  // Hints: of two changes at the same time one may be lost.
  std::atomic<bool> recently_short_{false};
  std::atomic<int> pass_{0};   // so many waits without a look
  std::atomic<int> pause_{1};  // so many after the next look in vain
};

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_SPIN_H_
