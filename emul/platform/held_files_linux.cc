// Linux: a thread may have a table of descriptors of its own.  The one that
// holds a file keeps nothing else in it, so that no pipe or socket of the
// program stays open for its sake; and what it closes drops no record lock,
// since the locks belong to the other table.
//
// close_range copies the table only up to the number that is kept.  (unshare
// alone would not do: without close_range the copies stay.)  The system calls
// are made directly, past the close of this library, which is about the
// program's table.

#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "emul/platform/held_files.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

namespace aioemul::held_files {
namespace {

constexpr unsigned kUnshare = 1U << 1;  // CLOSE_RANGE_UNSHARE

bool CloseRange(unsigned first, unsigned last, unsigned flags) {
  return syscall(SYS_close_range, first, last, flags) == 0;
}

}  // namespace

bool Hold(int fd) {
  const auto number = static_cast<unsigned>(fd);
  if (!CloseRange(number + 1, UINT_MAX, kUnshare)) return false;
  if (number > 0) CloseRange(0, number - 1, 0);
  return true;
}

void Drop(int fd) { syscall(SYS_close, fd); }

}  // namespace aioemul::held_files
