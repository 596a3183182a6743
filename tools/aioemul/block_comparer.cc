#include "tools/aioemul/block_comparer.h"

#include <stddef.h>
#include <string.h>
#include <sys/types.h>

#include <algorithm>

#include "absl/status/statusor.h"
#include "tools/aioemul/block_ring.h"
#include "tools/aioemul/file.h"

namespace aioemul::tools {

absl::StatusOr<bool> BlockComparer::Step(int step, Slot& slot) {
  char* const left = slot.buffer.get();
  switch (step) {
    case 0:
      slot.transfer.PrepareRead(left_, left, slot.block);
      return true;
    case 1:
      if (slot.transfer.moved() < slot.block.length) return ShrankError(left_);
      slot.transfer.PrepareRead(right_, left + stride_, slot.block);
      return true;
    default:
      Compare(slot);
      return false;
  }
}

void BlockComparer::Compare(const Slot& slot) {
  const char* const left = slot.buffer.get();
  const size_t length = slot.transfer.moved();
  if (length == slot.block.length &&
      memcmp(left, left + stride_, length) == 0) {
    return;
  }
  const auto [first, unused] =
      std::mismatch(left, left + length, left + stride_);
  NoteDifference(slot.block.offset + (first - left));
}

void BlockComparer::NoteDifference(off_t offset) {
  if (!first_difference_.has_value() || offset < *first_difference_) {
    first_difference_ = offset;
  }
  cursor_.Stop();
}

}  // namespace aioemul::tools
