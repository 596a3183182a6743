// One notification that is to come, and how often it came; sival_ptr points to
// it.

#ifndef AIOEMUL_TESTS_STRESS_NOTICE_H_
#define AIOEMUL_TESTS_STRESS_NOTICE_H_

#include <signal.h>

#include <atomic>

namespace aioemul::stress {

struct Notice {
  std::atomic<int> expected{0};
  std::atomic<int> optional{0};  // may come beyond those expected
  std::atomic<int> arrived{0};

  bool HasArrived() const {
    return arrived.load(std::memory_order_acquire) >=
           expected.load(std::memory_order_relaxed);
  }

  // Also the function of SIGEV_THREAD.
  static void Arrive(sigval value) {
    static_cast<Notice*>(value.sival_ptr)
        ->arrived.fetch_add(1, std::memory_order_release);
  }
};

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_NOTICE_H_
