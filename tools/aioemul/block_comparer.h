// The job of comparing: each block is read from both files.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BLOCK_COMPARER_H_
#define AIOEMUL_TOOLS_AIOEMUL_BLOCK_COMPARER_H_

#include <stddef.h>
#include <sys/types.h>

#include <optional>

#include "absl/status/statusor.h"
#include "tools/aioemul/block_cursor.h"
#include "tools/aioemul/block_ring.h"
#include "tools/aioemul/file.h"

namespace aioemul::tools {

// Needs buffers of twice `stride`, the block size rounded up to the alignment
// of the files.  A difference stops the cursor: the blocks before it have all
// begun by then, so that when the run has ended the smallest offset found is
// the first one of the file.
class BlockComparer : public BlockJob {
 public:
  BlockComparer(const File& left, const File& right, size_t stride,
                BlockCursor& cursor)
      : left_(left), right_(right), stride_(stride), cursor_(cursor) {}

  absl::StatusOr<bool> Step(int step, Slot& slot) override;

  // The first offset at which the files differ, be it that the right one ends
  // there.  That the left one ends early is an error of the run.
  std::optional<off_t> first_difference() const { return first_difference_; }

 private:
  void NoteDifference(off_t offset);
  void Compare(const Slot& slot);

  const File& left_;
  const File& right_;
  const size_t stride_;
  BlockCursor& cursor_;
  std::optional<off_t> first_difference_;
};

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_BLOCK_COMPARER_H_
