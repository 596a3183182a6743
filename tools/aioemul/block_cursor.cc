#include "tools/aioemul/block_cursor.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <algorithm>
#include <optional>

#include "tools/aioemul/data_extent.h"

namespace aioemul::tools {

BlockCursor::BlockCursor(int fd, off_t size, size_t block_size,
                         size_t alignment, Holes holes)
    : fd_(fd),
      block_size_(block_size),
      alignment_(static_cast<off_t>(alignment)),
      holes_(holes),
      size_(size),
      extent_end_(holes == Holes::kInclude ? size : 0) {}

std::optional<Block> BlockCursor::Next() {
  if (position_ >= size_) return std::nullopt;
  if (position_ >= extent_end_ && !FindExtent()) return std::nullopt;
  const uint64_t left = static_cast<uint64_t>(extent_end_ - position_);
  const Block block = {
      position_, static_cast<size_t>(std::min<uint64_t>(left, block_size_))};
  position_ += static_cast<off_t>(block.length);
  return block;
}

void BlockCursor::Stop() { size_ = position_; }

bool BlockCursor::FindExtent() {
  const std::optional<Extent> extent = NextDataExtent(fd_, position_, size_);
  if (!extent.has_value()) {
    SkipTo(size_);
    return false;
  }
  // Rounding may reach back into the extent before, which is done already.
  SkipTo(std::max(position_, extent->begin & ~(alignment_ - 1)));
  const off_t past_end = extent->end & (alignment_ - 1);
  extent_end_ = past_end == 0
                    ? extent->end
                    : std::min(extent->end - past_end + alignment_, size_);
  return true;
}

void BlockCursor::SkipTo(off_t position) {
  skipped_ += static_cast<uint64_t>(position - position_);
  position_ = position;
}

}  // namespace aioemul::tools
