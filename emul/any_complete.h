// The wait of aio_suspend: for any of a list of control blocks.
//
// Async-signal-safe.  For use by one thread.

#ifndef AIOEMUL_EMUL_ANY_COMPLETE_H_
#define AIOEMUL_EMUL_ANY_COMPLETE_H_

#include <aio.h>

#include <atomic>
#include <cstdint>

#include "emul/control_block.h"
#include "emul/platform/annotations.h"
#include "emul/request.h"
#include "emul/waiters.h"

namespace aioemul {

class AnyComplete final : public Waiters::Condition {
 public:
  AnyComplete(const RequestTable& requests, const aiocb* const list[],
              int count)
      : requests_(requests), list_(list), count_(count) {}

  // Whether there is nothing in the list at all.
  bool empty() const {
    for (int i = 0; i < count_; ++i) {
      if (list_[i] != nullptr) return false;
    }
    return true;
  }

  // Whether any is not in progress.
  bool IsMet() const {
    for (int i = 0; i < count_; ++i) {
      if (list_[i] != nullptr && requests_.Find(list_[i]) == nullptr) {
        annotations::Acquire(list_[i]);
        return true;
      }
    }
    return false;
  }

  bool Arm(uint64_t bit) override {
    for (int i = 0; i < count_; ++i) {
      if (list_[i] == nullptr || !ArmOne(list_[i], bit)) continue;
      annotations::Acquire(list_[i]);
      return true;
    }
    return false;
  }

  void Disarm(uint64_t bit) override {
    for (int i = 0; i < count_; ++i) {
      if (list_[i] == nullptr) continue;
      Request* request = requests_.Find(list_[i]);
      if (request != nullptr && IsArmed(*request, bit)) {
        request->waiting.fetch_and(~bit, std::memory_order_relaxed);
      }
    }
  }

 private:
  static bool IsArmed(const Request& request, uint64_t bit) {
    return (request.waiting.load(std::memory_order_acquire) & bit) != 0;
  }

  // True when the block is not in progress.
  bool ArmOne(const aiocb* block, uint64_t bit) {
    control_block::Word word = 0;
    Request* request = requests_.Find(block, &word);
    if (request == nullptr) return true;
    if (!IsArmed(*request, bit)) {
      request->waiting.fetch_or(bit, std::memory_order_acq_rel);
    }
    return control_block::Load(block) != word;
  }

  const RequestTable& requests_;
  const aiocb* const* list_;
  int count_;
};

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_ANY_COMPLETE_H_
