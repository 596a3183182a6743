// The job of copying: each block is read from one file and written to the
// same place of another.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BLOCK_COPIER_H_
#define AIOEMUL_TOOLS_AIOEMUL_BLOCK_COPIER_H_

#include "absl/status/statusor.h"
#include "tools/aioemul/block_ring.h"
#include "tools/aioemul/file.h"

namespace aioemul::tools {

// Needs buffers of the block size, rounded up to the alignment of the files.
// With direct I/O the last block is written rounded up, padded with zeros: the
// caller sets the size of the destination afterwards.
class BlockCopier : public BlockJob {
 public:
  BlockCopier(const File& source, const File& destination)
      : source_(source), destination_(destination) {}

  absl::StatusOr<bool> Step(int step, Slot& slot) override;

 private:
  absl::StatusOr<bool> PrepareWrite(Slot& slot);

  const File& source_;
  const File& destination_;
};

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_BLOCK_COPIER_H_
