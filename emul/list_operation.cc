#include "emul/list_operation.h"

namespace aioemul {

ListOperation* ListOperation::Make(ListTable& table,
                                   const Notification& notification) {
  ListOperation* list = table.Acquire();
  if (list == nullptr) return nullptr;
  list->table_ = &table;
  list->notification_ = notification;
  list->notification_.sent = &NotificationSent;
  list->notification_.owner = list;
  list->pending_.store(1, std::memory_order_relaxed);
  list->references_.store(2, std::memory_order_relaxed);
  list->failed_.store(false, std::memory_order_relaxed);
  return list;
}

bool ListOperation::EntryDone(bool failed) {
  if (failed) failed_.store(true, std::memory_order_relaxed);
  return pending_.fetch_sub(1, std::memory_order_acq_rel) == 1;
}

void ListOperation::Unreference() {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    table_->Release(this);
  }
}

void ListOperation::NotificationSent(Notification* notification) {
  static_cast<ListOperation*>(notification->owner)->Unreference();
}

}  // namespace aioemul
