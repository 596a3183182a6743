// Linux: pwrite on an O_APPEND descriptor appends, whatever the offset.  Used
// in place of write it leaves the shared file offset alone.

#include <fcntl.h>
#include <unistd.h>

#include "emul/platform/files.h"

// NOLINTNEXTLINE(bugprone-reserved-identifier): not ours.
extern "C" int __close(int fd);

namespace aioemul::files {

bool IsPathOnly(int flags) { return (flags & O_PATH) != 0; }

bool IsBuffered(int flags) {
  return (flags & (O_DIRECT | O_SYNC | O_DSYNC)) == 0;
}

ssize_t Append(int fd, const void* buffer, size_t count) {
  return pwrite(fd, buffer, count, 0);
}

// The C library's own name for close, which nobody takes the place of but
// ThreadSanitizer, which has to know.
void CloseOwn(int fd) { __close(fd); }

}  // namespace aioemul::files
