// A ring of slots through which the blocks of a file pass, so that a chosen
// number of them is in transfer at any time.
//
// Each slot holds one block, one buffer and one transfer.  A job says what is
// done with a block, as a sequence of transfers; the ring submits them, waits
// for any of them with aioemul_suspend, takes up what is done and refills the
// slots that fall free.  Blocks are begun in the order of the cursor and end
// in any order.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BLOCK_RING_H_
#define AIOEMUL_TOOLS_AIOEMUL_BLOCK_RING_H_

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <memory>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/aioemul/block_cursor.h"
#include "tools/aioemul/transfer.h"

namespace aioemul::tools {

struct FreeBuffer {
  void operator()(char* buffer) const { free(buffer); }
};

struct Slot {
  // Free -> ready when a block is taken; ready -> outstanding when the library
  // accepts the request; outstanding -> ready when more is to be transferred
  // for this block, -> free when it is finished.
  enum class State { kFree, kReady, kOutstanding };

  std::unique_ptr<char, FreeBuffer> buffer;
  State state = State::kFree;
  Block block = {0, 0};
  int steps_done = 0;
  Transfer transfer;
};

// What is done with each block.
class BlockJob {
 public:
  virtual ~BlockJob() = default;

  // Called with `step` 0 when the slot has taken its block, and with 1, 2, ...
  // as each transfer is whole.  Prepares the next transfer and returns true,
  // or returns false when the block is finished.  An error ends the run.
  virtual absl::StatusOr<bool> Step(int step, Slot& slot) = 0;
};

struct RingShape {
  int slots;
  size_t buffer_size;
  size_t buffer_alignment;  // A power of two.
};

struct BlockProgress {
  uint64_t passed;  // Bytes finished, or skipped as holes.
  uint64_t moved;   // Bytes finished.
};

// Called a few times a second at least.  An error ends the run.
using BlockObserver = absl::FunctionRef<absl::Status(const BlockProgress&)>;

// Passes all blocks of the cursor through the job.  On return, be it with an
// error, no request is outstanding.
absl::Status RunBlocks(const RingShape& shape, BlockCursor& cursor,
                       BlockJob& job, BlockObserver observer);

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_BLOCK_RING_H_
