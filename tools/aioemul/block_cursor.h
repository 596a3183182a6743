// Cuts a file into the blocks to transfer, in ascending order.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BLOCK_CURSOR_H_
#define AIOEMUL_TOOLS_AIOEMUL_BLOCK_CURSOR_H_

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <optional>

#include "tools/aioemul/data_extent.h"

namespace aioemul::tools {

struct Block {
  off_t offset;
  size_t length;  // Above 0, at most the block size.
};

// `value` rounded up to a multiple of `alignment`, a power of two.
constexpr size_t RoundUp(size_t value, size_t alignment) {
  return (value + alignment - 1) & ~(alignment - 1);
}

// Holes are looked up as the cursor reaches them, so that a file of any number
// of extents costs no memory.
class BlockCursor {
 public:
  enum class Holes { kSkip, kInclude };

  // Every block starts at a multiple of `alignment`, a power of two of which
  // `block_size` is a multiple, and ends at one or at the end of the file.
  BlockCursor(int fd, off_t size, size_t block_size, size_t alignment,
              Holes holes);

  // The next block, or nothing at the end.
  std::optional<Block> Next();

  // Makes the blocks returned so far the last ones.
  void Stop();

  // How many bytes were passed over as holes.
  uint64_t skipped() const { return skipped_; }

 private:
  bool FindExtent();
  void SkipTo(off_t position);

  const int fd_;
  const size_t block_size_;
  const off_t alignment_;
  const Holes holes_;
  off_t size_;
  off_t position_ = 0;
  off_t extent_end_ = 0;
  uint64_t skipped_ = 0;
};

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_BLOCK_CURSOR_H_
