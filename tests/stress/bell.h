// Wakes the one thread that watches over a run.
//
// A semaphore and not a condition variable, because who rings has no time for a
// lock when nobody listens.
// Thread safety: any thread may ring; one listens.

#ifndef AIOEMUL_TESTS_STRESS_BELL_H_
#define AIOEMUL_TESTS_STRESS_BELL_H_

#include <semaphore.h>
#include <time.h>

#include <atomic>
#include <cerrno>

namespace aioemul::stress {

class Bell {
 public:
  // The only one: who rings may be late, so it is never destroyed.
  static Bell& Get() {
    static Bell bell;
    return bell;
  }

  // To be called after what it tells of.
  void Ring() {
    if (listening_.load()) sem_post(&semaphore_);
  }

  // What is true before a call of Ring after this is seen, or rings.
  void Listen() { listening_.store(true); }
  void StopListening() {
    listening_.store(false);
    while (sem_trywait(&semaphore_) == 0) {
    }
  }

  // Waits for Ring, or so many seconds; false when they have passed.
  bool Wait(time_t seconds) {
    timespec deadline = {};
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += seconds;
    return sem_timedwait(&semaphore_, &deadline) == 0 || errno != ETIMEDOUT;
  }

 private:
  Bell() { sem_init(&semaphore_, /*pshared=*/0, /*value=*/0); }

  sem_t semaphore_;
  std::atomic<bool> listening_{false};
};

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_BELL_H_
