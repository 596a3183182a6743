// What a run found to be wrong.  Not gtest's expectations, so that a test can
// assert that a planted bug is found.
//
// Thread safety: every function may be called from any thread.

#ifndef AIOEMUL_TESTS_STRESS_FAILURES_H_
#define AIOEMUL_TESTS_STRESS_FAILURES_H_

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

namespace aioemul::stress {

class Failures {
 public:
  void Add(std::string what) {
    const std::lock_guard<std::mutex> lock(mutex_);
    // The first ones tell; the rest mostly follow from them.
    if (list_.size() < kMost) list_.push_back(std::move(what));
    any_.store(true, std::memory_order_relaxed);
  }

  // Adds `what` unless `holds`, and returns `holds`.
  bool Check(bool holds, const char* what) {
    if (!holds) Add(what);
    return holds;
  }

  bool any() const { return any_.load(std::memory_order_relaxed); }

  std::vector<std::string> list() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return list_;
  }

 private:
  static constexpr size_t kMost = 20;

  std::atomic<bool> any_{false};
  mutable std::mutex mutex_;
  std::vector<std::string> list_;
};

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_FAILURES_H_
