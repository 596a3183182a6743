// POSIX: device and inode.  Each pipe has its own, and pipes are all that the
// library opens for itself where it knows only POSIX.

#include <sys/stat.h>

#include <cerrno>

#include "emul/platform/file_mark.h"

namespace aioemul::file_mark {
namespace {

Mark ByInode(int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0) return 0;
  constexpr Mark kSpread = 0x9E3779B97F4A7C15;
  return (static_cast<Mark>(status.st_dev) * kSpread) ^ status.st_ino;
}

}  // namespace

Mark Set(int fd) { return ByInode(fd); }

bool Has(int fd, Mark mark) {
  const int entry_errno = errno;
  const bool has = mark != 0 && ByInode(fd) == mark;
  errno = entry_errno;
  return has;
}

}  // namespace aioemul::file_mark
