#include "tools/aioemul/block_copier.h"

#include <stddef.h>
#include <string.h>

#include "absl/status/statusor.h"
#include "tools/aioemul/block_cursor.h"
#include "tools/aioemul/block_ring.h"
#include "tools/aioemul/file.h"

namespace aioemul::tools {

absl::StatusOr<bool> BlockCopier::Step(int step, Slot& slot) {
  switch (step) {
    case 0:
      slot.transfer.PrepareRead(source_, slot.buffer.get(), slot.block);
      return true;
    case 1:
      return PrepareWrite(slot);
    default:
      return false;
  }
}

absl::StatusOr<bool> BlockCopier::PrepareWrite(Slot& slot) {
  const size_t length = slot.block.length;
  if (slot.transfer.moved() < length) return ShrankError(source_);
  const size_t padded = RoundUp(length, destination_.alignment());
  memset(slot.buffer.get() + length, 0, padded - length);
  slot.transfer.PrepareWrite(destination_, slot.buffer.get(), slot.block);
  return true;
}

}  // namespace aioemul::tools
