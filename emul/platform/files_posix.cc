// POSIX: write on an O_APPEND descriptor appends; pwrite may not.

#include <fcntl.h>
#include <unistd.h>

#include "emul/platform/files.h"

namespace aioemul::files {

bool IsPathOnly(int /*flags*/) { return false; }

bool IsBuffered(int flags) { return (flags & (O_SYNC | O_DSYNC)) == 0; }

ssize_t Append(int fd, const void* buffer, size_t count) {
  return write(fd, buffer, count);
}

void CloseOwn(int fd) { close(fd); }

}  // namespace aioemul::files
