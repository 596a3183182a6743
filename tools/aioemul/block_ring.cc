#include "tools/aioemul/block_ring.h"

#include <aio.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "aio/aio.h"
#include "tools/aioemul/block_cursor.h"
#include "tools/aioemul/transfer.h"

namespace aioemul::tools {
namespace {

// How long a wait lasts at most, so that the observer is called even when the
// storage is slow.
constexpr struct timespec kObserverInterval = {0, 100'000'000};

class BlockRing {
 public:
  BlockRing(int slots, BlockCursor& cursor, BlockJob& job)
      : cursor_(cursor), job_(job), slots_(static_cast<size_t>(slots)) {
    waited_for_.reserve(slots_.size());
  }

  // The library writes to the buffers until its requests are complete.
  ~BlockRing() { CancelAndAwaitAll(); }

  absl::Status Allocate(size_t size, size_t alignment);
  absl::Status Run(BlockObserver observer);

 private:
  absl::Status FillFreeSlots();
  absl::Status SubmitReadySlots();
  absl::Status WaitForAny();
  absl::Status CollectFinished();
  absl::Status AdvanceBlock(Slot& slot);
  void CancelAndAwaitAll();
  bool AnySlotIs(Slot::State state) const;

  BlockCursor& cursor_;
  BlockJob& job_;
  std::vector<Slot> slots_;  // Never resized: control blocks must not move.
  std::vector<const struct aiocb*> waited_for_;
  uint64_t moved_ = 0;
};

absl::Status BlockRing::Allocate(size_t size, size_t alignment) {
  for (Slot& slot : slots_) {
    void* buffer;
    if (posix_memalign(&buffer, alignment, size) != 0) {
      return absl::ResourceExhaustedError("not enough memory for the buffers");
    }
    slot.buffer.reset(static_cast<char*>(buffer));
  }
  return absl::OkStatus();
}

absl::Status BlockRing::Run(BlockObserver observer) {
  for (;;) {
    absl::Status status = FillFreeSlots();
    if (status.ok()) status = SubmitReadySlots();
    if (!status.ok()) return status;
    if (!AnySlotIs(Slot::State::kOutstanding)) break;
    status = WaitForAny();
    if (status.ok()) status = CollectFinished();
    if (status.ok()) status = observer({moved_ + cursor_.skipped(), moved_});
    if (!status.ok()) return status;
  }
  if (AnySlotIs(Slot::State::kReady)) {
    // Refused, and nothing of ours is outstanding that could make room.
    return absl::ResourceExhaustedError(
        "no resources for asynchronous requests");
  }
  return observer({moved_ + cursor_.skipped(), moved_});
}

absl::Status BlockRing::FillFreeSlots() {
  for (Slot& slot : slots_) {
    if (slot.state != Slot::State::kFree) continue;
    const std::optional<Block> block = cursor_.Next();
    if (!block.has_value()) break;
    slot.block = *block;
    slot.steps_done = 0;
    if (absl::Status status = AdvanceBlock(slot); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status BlockRing::SubmitReadySlots() {
  for (Slot& slot : slots_) {
    if (slot.state != Slot::State::kReady) continue;
    const absl::StatusOr<bool> accepted = slot.transfer.Submit();
    if (!accepted.ok()) return accepted.status();
    if (!*accepted) break;
    slot.state = Slot::State::kOutstanding;
  }
  return absl::OkStatus();
}

absl::Status BlockRing::WaitForAny() {
  waited_for_.clear();
  for (const Slot& slot : slots_) {
    if (slot.state == Slot::State::kOutstanding) {
      waited_for_.push_back(slot.transfer.control_block());
    }
  }
  const int result =
      aioemul_suspend(waited_for_.data(), static_cast<int>(waited_for_.size()),
                      &kObserverInterval);
  // Time passed or a signal came: the observer wants to know of both.
  if (result == 0 || errno == EAGAIN || errno == EINTR) {
    return absl::OkStatus();
  }
  return absl::InternalError("cannot wait for asynchronous requests");
}

absl::Status BlockRing::CollectFinished() {
  for (Slot& slot : slots_) {
    if (slot.state != Slot::State::kOutstanding) continue;
    if (slot.transfer.in_progress()) continue;
    const absl::StatusOr<bool> whole = slot.transfer.Collect();
    if (!whole.ok()) return whole.status();
    slot.state = Slot::State::kReady;
    if (!*whole) continue;
    if (absl::Status status = AdvanceBlock(slot); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status BlockRing::AdvanceBlock(Slot& slot) {
  const absl::StatusOr<bool> more = job_.Step(slot.steps_done++, slot);
  if (!more.ok()) return more.status();
  slot.state = *more ? Slot::State::kReady : Slot::State::kFree;
  if (!*more) moved_ += slot.block.length;
  return absl::OkStatus();
}

void BlockRing::CancelAndAwaitAll() {
  for (Slot& slot : slots_) slot.transfer.Cancel();
  for (Slot& slot : slots_) slot.transfer.AwaitEnd();
}

bool BlockRing::AnySlotIs(Slot::State state) const {
  for (const Slot& slot : slots_) {
    if (slot.state == state) return true;
  }
  return false;
}

}  // namespace

absl::Status RunBlocks(const RingShape& shape, BlockCursor& cursor,
                       BlockJob& job, BlockObserver observer) {
  BlockRing ring(shape.slots, cursor, job);
  absl::Status status =
      ring.Allocate(shape.buffer_size, shape.buffer_alignment);
  return status.ok() ? ring.Run(observer) : status;
}

}  // namespace aioemul::tools
