// The wait of aio_suspend: for any of a list of control blocks.
//
// Async-signal-safe.  For use by one thread.

#ifndef AIOEMUL_EMUL_ANY_COMPLETE_H_
#define AIOEMUL_EMUL_ANY_COMPLETE_H_

#include <aio.h>

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

  bool IsOne() const override {
    int entries = 0;
    for (int i = 0; i < count_ && entries < 2; ++i) {
      if (list_[i] != nullptr) ++entries;
    }
    return entries == 1;
  }

  bool Arm(Waiters::Stay& stay) override {
    for (int i = 0; i < count_; ++i) {
      if (list_[i] == nullptr || !ArmOne(list_[i], stay)) continue;
      annotations::Acquire(list_[i]);
      return true;
    }
    return false;
  }

  void Disarm(const Waiters::Stay& stay) override {
    for (int i = 0; i < count_; ++i) {
      if (list_[i] == nullptr) continue;
      Request* request = requests_.Find(list_[i]);
      if (request != nullptr) stay.Withdraw(request->waited);
    }
  }

 private:
  // True when the block is not in progress.  A request that serves another
  // block by now is entered in vain.
  bool ArmOne(const aiocb* block, Waiters::Stay& stay) {
    control_block::Word word = 0;
    Request* request = requests_.Find(block, &word);
    if (request == nullptr) return true;
    stay.Enter(request->waited);
    return control_block::Load(block) != word;
  }

  const RequestTable& requests_;
  const aiocb* const* list_;
  int count_;
};

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_ANY_COMPLETE_H_
