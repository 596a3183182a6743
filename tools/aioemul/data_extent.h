// Where the data of a sparse file is.

#ifndef AIOEMUL_TOOLS_AIOEMUL_DATA_EXTENT_H_
#define AIOEMUL_TOOLS_AIOEMUL_DATA_EXTENT_H_

#include <sys/types.h>

#include <optional>

namespace aioemul::tools {

struct Extent {
  off_t begin;
  off_t end;  // Exclusive.
};

// The first stretch of data at or after `from` in the first `size` bytes of
// the file `fd`, or nothing when what is left is a hole.  Where the file system
// does not tell holes from data, all of it is data.  Moves the file offset,
// which positioned requests do not use.
std::optional<Extent> NextDataExtent(int fd, off_t from, off_t size);

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_DATA_EXTENT_H_
