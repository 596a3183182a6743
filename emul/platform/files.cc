#include "emul/platform/files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace aioemul::files {

DescriptorKind KindOf(int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0) {
    // A sandbox that refuses this.  A positioned read of nothing tells most.
    return pread(fd, nullptr, 0, 0) < 0 && errno == ESPIPE
               ? DescriptorKind::kOther
               : DescriptorKind::kFile;
  }
  switch (status.st_mode & S_IFMT) {
    case S_IFREG:
    case S_IFBLK:
    case S_IFDIR:
      return DescriptorKind::kFile;
    case S_IFIFO:
      return DescriptorKind::kPipe;
    case S_IFSOCK:
      return DescriptorKind::kSocket;
    default:
      return DescriptorKind::kOther;
  }
}

}  // namespace aioemul::files
