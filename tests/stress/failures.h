// What a run found to be wrong.  Not gtest's expectations: the command has no
// gtest, and a test can assert that a planted bug is found.
//
// Thread safety: every function may be called from any thread.

#ifndef AIOEMUL_TESTS_STRESS_FAILURES_H_
#define AIOEMUL_TESTS_STRESS_FAILURES_H_

#include <atomic>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace aioemul::stress {

enum class Finding {
  kLost,   // a completion or a notification
  kBytes,  // that are wrong, missing or too many
  kOther,
};

class Failures {
 public:
  void Add(std::string what, Finding finding = Finding::kOther) {
    const std::lock_guard<std::mutex> lock(mutex_);
    // The first ones tell; the rest mostly follow from them.
    if (list_.size() < kMost) list_.push_back(std::move(what));
    if (finding == Finding::kLost) ++lost_;
    if (finding == Finding::kBytes) ++wrong_bytes_;
    any_.store(true, std::memory_order_relaxed);
  }

  // Adds `what` unless `holds`, and returns `holds`.
  bool Check(bool holds, const char* what, Finding finding = Finding::kOther) {
    if (!holds) Add(what, finding);
    return holds;
  }

  bool any() const { return any_.load(std::memory_order_relaxed); }

  std::vector<std::string> list() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return list_;
  }
  int lost() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return lost_;
  }
  int wrong_bytes() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return wrong_bytes_;
  }

 private:
  static constexpr size_t kMost = 20;

  std::atomic<bool> any_{false};
  mutable std::mutex mutex_;
  std::vector<std::string> list_;
  int lost_ = 0;
  int wrong_bytes_ = 0;  // comparisons, rather
};

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_FAILURES_H_
