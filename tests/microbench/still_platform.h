// The operating system without workers: each that the pool starts is held back
// until it is let go.  So what a caller's own thread does is measured alone.

#ifndef AIOEMUL_TESTS_MICROBENCH_STILL_PLATFORM_H_
#define AIOEMUL_TESTS_MICROBENCH_STILL_PLATFORM_H_

#include <mutex>
#include <vector>

#include "tests/support/forwarding_platform.h"

namespace aioemul {

// FakePlatform would be measured, too: it records every call under a mutex.
class StillPlatform final : public testing::ForwardingPlatform {
 public:
  int StartWorker(const ThreadStart& start) override {
    {
      const std::lock_guard lock(mutex_);
      if (holding_) {
        held_.push_back(&start);
        return 0;
      }
    }
    return testing::ForwardingPlatform::StartWorker(start);
  }

  // To be called before the engine is destroyed, which waits for its workers.
  void LetGo() {
    const std::lock_guard lock(mutex_);
    holding_ = false;
    for (const ThreadStart* start : held_) {
      while (testing::ForwardingPlatform::StartWorker(*start) != 0) {
      }
    }
    held_.clear();
  }

 private:
  std::mutex mutex_;
  bool holding_ = true;
  std::vector<const ThreadStart*> held_;
};

}  // namespace aioemul

#endif  // AIOEMUL_TESTS_MICROBENCH_STILL_PLATFORM_H_
