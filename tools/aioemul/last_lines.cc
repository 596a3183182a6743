#include "tools/aioemul/last_lines.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <algorithm>
#include <optional>

#include "absl/strings/string_view.h"
#include "tools/aioemul/block_cursor.h"

namespace aioemul::tools {

LastLines::LastLines(uint64_t lines, off_t begin, off_t end, size_t block_size)
    : begin_(begin),
      end_(std::max(begin, end)),
      block_size_(block_size),
      wanted_(lines),
      start_(end_) {}

std::optional<Block> LastLines::Next() const {
  if (wanted_ == 0 || start_ == begin_) return std::nullopt;
  const off_t offset =
      start_ - std::min(static_cast<off_t>(block_size_), start_ - begin_);
  return Block{offset, static_cast<size_t>(start_ - offset)};
}

void LastLines::Examine(absl::string_view bytes) {
  const off_t offset = Next()->offset;
  while (!bytes.empty()) {
    const size_t newline = bytes.rfind('\n');
    if (newline == absl::string_view::npos) break;
    const off_t after = offset + static_cast<off_t>(newline) + 1;
    // The newline at the very end ends the last line; all others begin one.
    if (after != end_ && --wanted_ == 0) {
      start_ = after;
      return;
    }
    bytes = bytes.substr(0, newline);
  }
  start_ = offset;
}

}  // namespace aioemul::tools
