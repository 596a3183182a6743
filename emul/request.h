// A request: one asynchronous operation from its acceptance to its
// notification, and the table of them.

#ifndef AIOEMUL_EMUL_REQUEST_H_
#define AIOEMUL_EMUL_REQUEST_H_

#include <aio.h>
#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "emul/control_block.h"
#include "emul/intrusive_list.h"
#include "emul/level.h"
#include "emul/notification.h"
#include "emul/slot_table.h"
#include "emul/transfer.h"
#include "emul/waiters.h"

namespace aioemul {

class DescriptorQueue;
class RequestTable;
class ListOperation;

// The states of a request and their legal successors:
//
//   kFree ──▶ kHeld     accepted, but something before it must finish first
//         ──▶ kQueued   accepted, and any worker may take it
//         ──▶ kWaiting  accepted, on a stream or device: the head of its lane
//         ──▶ kComplete carried out by the caller
//   kHeld ──▶ kQueued, kWaiting  what it waited for has finished
//         ──▶ kComplete cancelled
//   kQueued ▶ kRunning  taken by a worker
//         ──▶ kComplete cancelled
//   kWaiting▶ kRunning  on a thread of its own, for a device
//         ──▶ kComplete transferred as far as it goes; or cancelled
//   kRunning▶ kComplete transferred
//         ──▶ kWaiting  on a thread that could not hold the device's file
//   kComplete▶kFree     notified, and forgotten
enum class RequestState : uint8_t {
  kFree,
  kHeld,
  kQueued,
  kRunning,
  kWaiting,
  kComplete,
};

struct Request : Slotted {
  // Changes the state, and ends the process if it may not change so: a request
  // in the wrong state would lose data.
  void MoveTo(RequestState next);

  bool IsBarrier() const {
    return transfer.operation == Operation::kSync ||
           transfer.operation == Operation::kSyncData;
  }

  bool WritesIntoMemory() const {
    return transfer.operation == Operation::kWriteAt && transfer.buffered;
  }

  // --- Written by the submitting thread before the request is accepted, and
  // --- constant until it is released.
  Transfer transfer;
  Level level = kDefaultLevel;
  Notification notification;
  ListOperation* list = nullptr;  // the lio_listio call it belongs to, if any
  bool may_start_thread = false;  // its notification, or that of the list
  RequestTable* table = nullptr;
  uint32_t uses = 0;  // how often it was submitted

  // --- Atomic.
  // The control block served; null when none is.  The order of completion: the
  // block's word first, then this.
  std::atomic<aiocb*> control_block{nullptr};
  // The queue that guards the members below.  Set and cleared under its mutex,
  // so that it is certain while that mutex is held.
  std::atomic<DescriptorQueue*> queue{nullptr};

  // --- Guarded by the mutex of `queue`; once complete, the property of the
  // --- thread that completed it.
  RequestState state = RequestState::kFree;
  ListLink<Request> age_link;    // among the outstanding ones, oldest first
  ListLink<Request> queue_link;  // among those of one level, or of one lane
  size_t moved = 0;              // by a transfer that is not complete
  // --- kWaiting.
  bool user = false;        // the poller counts it; kHeld, too
  bool polled = false;      // for the poller
  bool ready = false;       // the poller has called its descriptor ready
  bool device = false;      // for a thread of its own
  MonotonicTime limit = 0;  // when to give up; 0: not asked yet
  // --- kRunning.
  bool holds_file = false;  // it does not use the number any more
  bool let_go = false;      // its number is another file's
  ssize_t result = 0;       // what Complete is to publish
  // --- kComplete.
  bool failed = false;  // with an error status

  // --- Atomic: who waits for it.  The last, as most of it is seldom used.
  Waiters::Waited waited;
};

static_assert(SlotTable<Request>::kMaxSlots - 1 <= control_block::kRequestMask);

using AgeList = IntrusiveList<Request, &Request::age_link>;
using WaitingList = IntrusiveList<Request, &Request::queue_link>;

class RequestTable : public SlotTable<Request> {
 public:
  using SlotTable<Request>::SlotTable;

  // The request that serves `block`, whose word was seen to be `word`; null
  // when the word is not in progress or names a request that serves another.
  // Async-signal-safe.
  //
  // A request that completes in between is no longer found, but then the
  // block's word has changed: load it again before believing a null.
  Request* Serving(const aiocb* block, control_block::Word word) const {
    if (!control_block::IsInProgress(word)) return nullptr;
    Request* request = At(control_block::RequestOf(word));
    const bool serves =
        request != nullptr &&
        request->control_block.load(std::memory_order_acquire) == block;
    return serves && !abandoned() ? request : nullptr;
  }

  // The request that serves `block` now; null when it is not in progress.
  // `word`, if not null, receives the block's word.  Async-signal-safe.
  Request* Find(const aiocb* block, control_block::Word* seen = nullptr) const {
    for (;;) {
      const control_block::Word word = control_block::Load(block);
      if (seen != nullptr) *seen = word;
      Request* request = Serving(block, word);
      if (request != nullptr || !control_block::IsInProgress(word) ||
          control_block::Load(block) == word) {
        return request;
      }
    }
  }

  // In the child of a fork: no request serves a block any more.
  void Abandon() { abandoned_.store(true, std::memory_order_relaxed); }
  bool abandoned() const { return abandoned_.load(std::memory_order_relaxed); }

  // Whether a request served `block`, whose word is `word`, when this table was
  // abandoned.  Async-signal-safe.
  bool WasServing(const aiocb* block, control_block::Word word) const {
    if (!abandoned() || !control_block::IsInProgress(word)) return false;
    const Request* request = At(control_block::RequestOf(word));
    return request != nullptr &&
           request->control_block.load(std::memory_order_acquire) == block;
  }

 private:
  // Set before the child has a second thread.
  std::atomic<bool> abandoned_{false};
};

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_REQUEST_H_
