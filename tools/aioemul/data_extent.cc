#include "tools/aioemul/data_extent.h"

#include <errno.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

namespace aioemul::tools {

// SEEK_DATA and SEEK_HOLE came with POSIX.1-2024; a system without them shows
// no holes.
#ifdef SEEK_DATA

std::optional<Extent> NextDataExtent(int fd, off_t from, off_t size) {
  const off_t begin = lseek(fd, from, SEEK_DATA);
  if (begin < 0) {
    if (errno == ENXIO) return std::nullopt;
    return Extent{from, size};
  }
  if (begin >= size) return std::nullopt;
  const off_t hole = lseek(fd, begin, SEEK_HOLE);
  return Extent{begin, hole < 0 ? size : std::min(hole, size)};
}

#else

std::optional<Extent> NextDataExtent(int, off_t from, off_t size) {
  return Extent{from, size};
}

#endif

}  // namespace aioemul::tools
