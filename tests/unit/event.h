// Something that completes, and can be waited for in both ways: alone, or with
// something else.

#ifndef AIOEMUL_TESTS_UNIT_EVENT_H_
#define AIOEMUL_TESTS_UNIT_EVENT_H_

#include <atomic>

#include "emul/waiters.h"

namespace aioemul {

class Event final : public Waiters::Condition {
 public:
  // Alone, or with `other`, which never completes and may be waited for by
  // others, too.
  explicit Event(Waiters::Waited* other = nullptr) : other_(other) {}

  bool IsOne() const override { return other_ == nullptr; }
  bool Arm(Waiters::Stay& stay) override {
    if (other_ != nullptr) stay.Enter(*other_);
    stay.Enter(waited_);
    return complete_.load();
  }
  void Disarm(const Waiters::Stay& stay) override {
    if (other_ != nullptr) stay.Withdraw(*other_);
    stay.Withdraw(waited_);
  }

  // Completes, and says how many seats were told.
  int Complete(Waiters& waiters) {
    complete_ = true;
    Waiters::Wakeups wakeups;
    waiters.Take(waited_, &wakeups);
    waiters.Wake(wakeups);
    return wakeups.count();
  }
  void SetComplete() { complete_ = true; }
  void Reset() { complete_ = false; }
  bool complete() const { return complete_; }
  Waiters::Waited& waited() { return waited_; }

 private:
  Waiters::Waited* other_;
  Waiters::Waited waited_;
  std::atomic<bool> complete_{false};
};

}  // namespace aioemul

#endif  // AIOEMUL_TESTS_UNIT_EVENT_H_
