// Linux: the signal that a file sends when it can be read or written (F_SETSIG)
// belongs to the open file, and means nothing unless the file is told to send
// one (O_ASYNC), which those of the library never are.  A file of the program
// has 0 there, or a signal that the program uses.
//
// fstat cannot tell: all epoll sets, eventfds and their like are one inode.  It
// does where F_SETSIG is refused, which tells them from files and pipes at
// least.

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "emul/platform/file_mark.h"

namespace aioemul::file_mark {
namespace {

// The last but one: programs that choose by hand begin at either end.
constexpr int kOwnSignal = 63;

constexpr Mark kBySignal = 1;

Mark ByInode(int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0) return 0;
  constexpr Mark kSpread = 0x9E3779B97F4A7C15;
  return ((status.st_dev * kSpread) ^ status.st_ino) << 1;
}

}  // namespace

Mark Set(int fd) {
  return fcntl(fd, F_SETSIG, kOwnSignal) == 0 ? kBySignal : ByInode(fd);
}

bool Has(int fd, Mark mark) {
  const int entry_errno = errno;
  const bool has = mark == kBySignal ? fcntl(fd, F_GETSIG) == kOwnSignal
                                     : mark != 0 && ByInode(fd) == mark;
  errno = entry_errno;
  return has;
}

}  // namespace aioemul::file_mark
