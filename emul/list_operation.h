// One call of lio_listio: what its requests have in common.
//
// It lives from the call until both the caller has left and the last request
// is complete and the list's notification is sent; each of the two sides gives
// up one reference.

#ifndef AIOEMUL_EMUL_LIST_OPERATION_H_
#define AIOEMUL_EMUL_LIST_OPERATION_H_

#include <atomic>
#include <cstdint>

#include "emul/notification.h"
#include "emul/slot_table.h"
#include "emul/waiters.h"

namespace aioemul {

class ListOperation;
using ListTable = SlotTable<ListOperation>;

class ListOperation : public Slotted {
 public:
  // A list without entries, from `table`, that sends `notification` when it is
  // done; null without memory.  It stays open for entries until Seal.
  static ListOperation* Make(ListTable& table,
                             const Notification& notification);

  // Called before an entry is submitted, by the caller of lio_listio.
  void AddEntry() { pending_.fetch_add(1, std::memory_order_relaxed); }

  // Each of these ends one entry, or the time of submission.  True for the
  // last of all: it then must see to Finished.
  [[nodiscard]] bool EntryDone(bool failed);
  [[nodiscard]] bool Seal() { return EntryDone(/*failed=*/false); }

  // Whether every entry is complete.  To be asked after Seal.
  bool IsDone() const { return pending_.load(std::memory_order_acquire) == 0; }
  // Whether any entry failed.  Certain once the list is done.
  bool failed() const { return failed_.load(std::memory_order_relaxed); }

  // What to send when the list is done; its `sent` gives up the reference of
  // the requests.
  Notification& notification() { return notification_; }
  Waiters::Waited& waited() { return waited_; }

  // Gives up a reference: the caller's.
  void Unreference();

 private:
  static void NotificationSent(Notification* notification);

  Notification notification_;
  ListTable* table_ = nullptr;
  // Entries not yet complete, plus one while the caller still submits.
  std::atomic<uint32_t> pending_{0};
  std::atomic<uint32_t> references_{0};
  std::atomic<bool> failed_{false};
  Waiters::Waited waited_;
};

// The wait of LIO_WAIT.
class ListDone final : public Waiters::Condition {
 public:
  explicit ListDone(ListOperation& list) : list_(list) {}
  bool IsOne() const override { return true; }
  bool Arm(Waiters::Stay& stay) override {
    stay.Enter(list_.waited());
    return list_.IsDone();
  }
  void Disarm(const Waiters::Stay& /*stay*/) override {}

 private:
  ListOperation& list_;
};

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_LIST_OPERATION_H_
