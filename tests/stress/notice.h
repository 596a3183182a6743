// One notification that is to come, and how often it came; sival_ptr points to
// it.

#ifndef AIOEMUL_TESTS_STRESS_NOTICE_H_
#define AIOEMUL_TESTS_STRESS_NOTICE_H_

#include <signal.h>

#include <atomic>

#include "tests/stress/bell.h"

namespace aioemul::stress {

// What notifies, where a signal does.
inline int NoticeSignal() { return SIGRTMIN + 2; }

struct Notice {
  std::atomic<int> expected{0};
  std::atomic<int> optional{0};  // may come beyond those expected
  std::atomic<int> arrived{0};

  bool HasArrived() const {
    return arrived.load() >= expected.load(std::memory_order_relaxed);
  }

  // Once it is made, before it is told to anybody.
  static void Announce() { Announced().fetch_add(1); }

  // Also the function of SIGEV_THREAD.
  static void Arrive(sigval value) {
    // The system sends what is announced, but ThreadSanitizer cannot know.
    Announced().load();
    // The notice may be gone once this is seen.
    static_cast<Notice*>(value.sival_ptr)->arrived.fetch_add(1);
    Bell::Get().Ring();
  }

 private:
  static std::atomic<int>& Announced() {
    static std::atomic<int> announced{0};
    return announced;
  }
};

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_NOTICE_H_
