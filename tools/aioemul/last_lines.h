// Finds where the last lines of a file begin, from its end backwards.

#ifndef AIOEMUL_TOOLS_AIOEMUL_LAST_LINES_H_
#define AIOEMUL_TOOLS_AIOEMUL_LAST_LINES_H_

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <optional>

#include "absl/strings/string_view.h"
#include "tools/aioemul/block_cursor.h"

namespace aioemul::tools {

// Says which block to look at and is shown its bytes, until it knows.  What
// follows the last newline of the file, if anything, is a line too.
class LastLines {
 public:
  // Of the bytes from `begin` up to `end`, the last `lines` lines.
  LastLines(uint64_t lines, off_t begin, off_t end, size_t block_size);

  // The block to look at next, or nothing when start() is known.
  std::optional<Block> Next() const;

  // `bytes` are those of the block of Next, or fewer if the file has shrunk.
  void Examine(absl::string_view bytes);

  // Where the lines begin.
  off_t start() const { return start_; }

 private:
  const off_t begin_;
  const off_t end_;
  const size_t block_size_;
  uint64_t wanted_;  // Newlines still to be found.
  off_t start_;      // All from here on is wanted.
};

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_LAST_LINES_H_
