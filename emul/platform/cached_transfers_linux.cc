// Linux: preadv2 and pwritev2 with RWF_NOWAIT, called without the C library's
// wrappers, which are cancellation points.
//
// A direct transfer and a synchronous write wait for the device in spite of the
// flag, and an append ignores the offset, so the descriptor is asked first.

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "emul/platform/cached_transfers.h"

namespace aioemul::cached_transfers {
namespace {

// One of the two system calls.
struct Way {
  long call;
  // Flags of a descriptor that it is not for.
  int unfit;
  // The system refuses the call whatever the descriptor.
  std::atomic<bool> refused{false};
};

Way reading{SYS_preadv2, O_DIRECT};
Way writing{SYS_pwritev2, O_DIRECT | O_APPEND | O_DSYNC};

ssize_t Call(const Way& way, int fd, const iovec& vector, off_t offset) {
  // The offset goes in two halves, of which 64-bit systems read the first.
  constexpr int kHalf = 32;
  const ssize_t result = syscall(
      way.call, fd, &vector, 1L, static_cast<long>(offset),
      static_cast<long>(static_cast<uint64_t>(offset) >> kHalf), RWF_NOWAIT);
  return result < 0 ? -errno : result;
}

// Where it is not refused, the kernel looks at the descriptor before anything
// else.
bool IsRefusedAltogether(const Way& way) {
  char byte = 0;
  return Call(way, -1, {&byte, 1}, 0) != -EBADF;
}

// These say nothing of the file: a bad buffer, a limit, a lack of memory that
// may be the flag's.
bool IsOfThisTransferAlone(ssize_t result) {
  return result == -EAGAIN || result == -EFAULT || result == -EINTR ||
         result == -EFBIG || result == -ENOMEM;
}

// What is never done so, whatever the moment.  The usual way finds out anew
// what is wrong, if anything is.
bool IsOfNoUse(ssize_t result) {
  return result == -EOPNOTSUPP || result == -EINVAL || result == -ENOSYS ||
         result == -EPERM || result == -EACCES || result == -ESPIPE ||
         result == -EBADF || result == -EISDIR;
}

ssize_t Transfer(Way* way, int fd, const iovec& vector, off_t offset) {
  if (way->refused.load(std::memory_order_relaxed)) return -EOPNOTSUPP;
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || (flags & way->unfit) != 0) return -EOPNOTSUPP;
  const ssize_t result = Call(*way, fd, vector, offset);
  if (result >= 0) return result;
  if (IsOfThisTransferAlone(result)) return -EAGAIN;
  if ((result == -ENOSYS || result == -EPERM || result == -EACCES) &&
      IsRefusedAltogether(*way)) {
    way->refused.store(true, std::memory_order_relaxed);
  }
  return IsOfNoUse(result) ? -EOPNOTSUPP : result;
}

}  // namespace

// An error that a read meets without waiting for the device is met again on the
// usual way: write-back errors are reported to writes and synchronizations.
ssize_t Read(int fd, void* buffer, size_t count, off_t offset) {
  const ssize_t result = Transfer(&reading, fd, {buffer, count}, offset);
  return result >= 0 || result == -EAGAIN ? result : -EOPNOTSUPP;
}

ssize_t Write(int fd, const void* buffer, size_t count, off_t offset) {
  // A write that reaches the limit raises SIGXFSZ in the thread that makes it.
  rlimit limit;
  if (getrlimit(RLIMIT_FSIZE, &limit) != 0 ||
      static_cast<rlim_t>(offset) + count > limit.rlim_cur) {
    return -EAGAIN;
  }
  return Transfer(&writing, fd, {const_cast<void*>(buffer), count}, offset);
}

}  // namespace aioemul::cached_transfers
