// Linux: a thread may have a table of descriptors of its own.  The one that
// holds a file starts with an empty table and fetches the file into it by
// pidfd_getfd, from the table of the process.
//
// The kernel empties a table by copying the first 64 descriptors and closing
// the copies, which flushes their files: a message queue forgets whom to
// notify, and a network file system may send what it has.  It knows no other
// way.
//
// What is closed in the thread's table drops no record lock, since those belong
// to the process's.  The system calls are made directly, past the close of this
// library, which is about that table, too.

#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "emul/platform/held_files.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

namespace aioemul::held_files {
namespace {

constexpr unsigned kUnshare = 1U << 1;  // CLOSE_RANGE_UNSHARE

// One of the calls is missing or refused.  A hint: another thread may find the
// same.
std::atomic<bool> refused{false};

// Whether the calls that follow the first are there: once that is made there is
// no way back.  Each looks at its descriptor before anything else.
bool CanFetch() {
  return syscall(SYS_pidfd_getfd, -1, 0, 0) < 0 && errno == EBADF &&
         syscall(SYS_pidfd_open, -1, 0) < 0 && errno == EINVAL;
}

bool LeaveTable() {
  return syscall(SYS_close_range, 0U, UINT_MAX, kUnshare) == 0;
}

}  // namespace

int Hold(int fd) {
  if (refused.load(std::memory_order_relaxed)) return -EOPNOTSUPP;
  if (!CanFetch() || !LeaveTable()) {
    refused.store(true, std::memory_order_relaxed);
    return -EOPNOTSUPP;
  }
  const long process = syscall(SYS_pidfd_open, getpid(), 0);
  const long held = process < 0 ? -1 : syscall(SYS_pidfd_getfd, process, fd, 0);
  if (process >= 0) syscall(SYS_close, process);
  if (held >= 0) return static_cast<int>(held);
  // The main thread, whose table it is, may have ended.
  refused.store(true, std::memory_order_relaxed);
  return -ESRCH;
}

void Drop(int held) { syscall(SYS_close, held); }

}  // namespace aioemul::held_files
